//! Which of the tasks seen is the one a person named.

use super::{
    names::{Fit, Name},
    results::SeenTask,
};

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// To exactly one task.
    One(SeenTask),
    /// To several: the person has to choose.
    Several(Vec<SeenTask>),
    /// To none. These have a word of it: not enough to act on, but perhaps one of them is meant.
    None(Vec<SeenTask>),
}

/// The tasks whose title fits a name best.
pub(super) fn find(name: &Name, tasks: &[SeenTask]) -> Found {
    let best = tasks.iter().map(|task| name.fit(&task.title)).max().unwrap_or(Fit::None);
    let fitting = || tasks.iter().filter(|task| name.fit(&task.title) == best).cloned().collect();
    match best {
        Fit::None => Found::None(Vec::new()),
        Fit::Partly => Found::None(fitting()),
        Fit::Full | Fit::Exact => {
            let mut fitting: Vec<SeenTask> = fitting();
            match fitting.pop() {
                Some(only) if fitting.is_empty() => Found::One(only),
                last => {
                    fitting.extend(last);
                    Found::Several(fitting)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use todo_domain::{Priority, TaskId};

    use super::{super::words::Message, *};

    fn found(said: &str, titles: &[&str]) -> Result<i64, Vec<i64>> {
        let tasks: Vec<_> = (1..)
            .zip(titles)
            .map(|(id, title)| SeenTask {
                id: TaskId::new(id).unwrap(),
                title: (*title).to_owned(),
                description: None,
                priority: Priority::Medium,
                done: false,
                due: None,
                tags: Vec::new(),
            })
            .collect();
        let ids = |tasks: Vec<SeenTask>| tasks.iter().map(|task| task.id.get()).collect();
        match find(&Name::of(Message::read(said).words()).unwrap(), &tasks) {
            Found::One(task) => Ok(task.id.get()),
            Found::Several(tasks) | Found::None(tasks) => Err(ids(tasks)),
        }
    }

    #[test]
    fn the_one_task_with_all_the_words_is_meant() {
        let titles = ["buy groceries", "finish the report", "call mom", "call dad"];
        assert_eq!(found("groceries", &titles), Ok(1));
        assert_eq!(found("the report", &titles), Ok(2));
        assert_eq!(found("calling dad", &titles), Ok(4));
    }

    #[test]
    fn several_are_to_choose_from_unless_one_is_called_just_that() {
        assert_eq!(found("call", &["call mom", "call dad"]), Err(vec![1, 2]));
        assert_eq!(found("call mom", &["call mom about dad", "call mom"]), Ok(2));
    }

    #[test]
    fn a_shared_word_is_only_a_hint() {
        assert_eq!(found("the annual report", &["finish the report"]), Err(vec![1]));
        assert_eq!(found("milk", &["buy groceries"]), Err(vec![]));
    }
}
