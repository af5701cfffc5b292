//! How much one user may keep.

use todo_domain::{UserLimit, UserLimits};

use super::Variables;

/// Reads how much one user may keep.
///
/// - `MAX_TASKS_PER_USER`: tasks, completed ones included. 1 to 1000000, default 10000.
/// - `MAX_CONVERSATIONS_PER_USER`: conversations. 1 to 1000000, default 1000.
pub(super) fn read(variables: &mut Variables) -> UserLimits {
    let UserLimits { tasks, conversations } = UserLimits::default();
    UserLimits {
        tasks: user_limit(variables, "MAX_TASKS_PER_USER", tasks),
        conversations: user_limit(variables, "MAX_CONVERSATIONS_PER_USER", conversations),
    }
}

fn user_limit(variables: &mut Variables, name: &'static str, default: UserLimit) -> UserLimit {
    variables.whole_as(name, default, "a whole number", 1..=UserLimit::MAX.get(), |things| {
        UserLimit::new(things).ok()
    })
}
