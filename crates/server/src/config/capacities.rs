//! How much one user may keep.

use todo_domain::{Capacities, Capacity};

use super::Variables;

/// Reads how much one user may keep.
///
/// - `MAX_TASKS_PER_USER`: tasks, completed ones included. 1 to 1000000, default 10000.
/// - `MAX_CONVERSATIONS_PER_USER`: conversations. 1 to 1000000, default 1000.
pub(super) fn read(variables: &mut Variables) -> Capacities {
    let Capacities { tasks, conversations } = Capacities::default();
    Capacities {
        tasks: capacity(variables, "MAX_TASKS_PER_USER", tasks),
        conversations: capacity(variables, "MAX_CONVERSATIONS_PER_USER", conversations),
    }
}

fn capacity(variables: &mut Variables, name: &'static str, default: Capacity) -> Capacity {
    variables.whole_as(name, default, "a whole number", 1..=Capacity::MAX.get(), |things| {
        Capacity::new(things).ok()
    })
}
