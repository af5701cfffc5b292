//! Fresh ids.

use todo_domain::ports::IdGenerator;
use uuid::Uuid;

/// UUIDs of version 7: each begins with the time it was made, so keys made later sort later and
/// an index grows at its end. Within one process they only ever rise.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7;

impl IdGenerator for UuidV7 {
    #[expect(clippy::disallowed_methods, reason = "this is where the port gets its ids from")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_each_is_greater_than_the_one_before() {
        let ids: Vec<_> = (0..1_000).map(|_| UuidV7.next()).collect();
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
    }
}
