//! Lists of tasks and conversations.

use super::wire::{Conversation, Task};
use crate::table::{Layout, lay_out, local};

/// Tasks.
pub(crate) fn tasks(tasks: &[Task], layout: Layout) -> String {
    let rows = tasks.iter().map(|task| {
        let due = task.due.as_deref().map(|due| local(due, layout)).unwrap_or_default();
        let status = if task.status == "completed" { "done" } else { "to do" };
        [task.id.to_string(), task.tagged_title(), task.priority.clone(), due, status.to_owned()]
    });
    lay_out(["#", "Task", "Priority", "Due", "Status"], rows, layout)
}

/// Conversations, with the numbers they can be opened by.
pub(crate) fn conversations(conversations: &[Conversation], layout: Layout) -> String {
    let rows = (1..).zip(conversations).map(|(position, conversation): (usize, _)| {
        let (title, touched) =
            (conversation.title.clone(), local(&conversation.updated_at, layout));
        let name = match layout {
            Layout::Table { .. } => position.to_string(),
            Layout::Tabs => conversation.id.to_string(),
        };
        [name, title, touched]
    });
    lay_out(["#", "Conversation", "Last touched"], rows, layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(id: i64, title: &str) -> Task {
        Task {
            id,
            title: title.to_owned(),
            priority: "high".to_owned(),
            status: "pending".to_owned(),
            due: Some("2026-11-27".to_owned()),
            tags: Vec::new(),
        }
    }

    #[test]
    fn columns_stay_in_line_whatever_the_script() {
        let table =
            tasks(&[task(1, "buy milk"), task(12, "牛乳を買う")], Layout::Table { width: 80 });
        assert_eq!(
            table,
            "   #   Task        Priority  Due         Status
   1   buy milk    high      2026-11-27  to do
   12  牛乳を買う  high      2026-11-27  to do
"
        );
    }

    #[test]
    fn tags_stand_behind_the_title() {
        let tags = vec!["home".to_owned(), "shop".to_owned()];
        let lines = tasks(&[Task { tags, ..task(1, "buy milk") }], Layout::Tabs);
        assert_eq!(lines, "1\tbuy milk #home #shop\thigh\t2026-11-27\tto do\n");
    }

    #[test]
    fn a_narrow_terminal_wraps_titles() {
        let table = tasks(&[task(1, &"words ".repeat(30))], Layout::Table { width: 50 });
        assert!(table.lines().count() > 3, "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 50), "{table}");
    }

    #[test]
    fn a_program_reads_one_line_of_five_fields_for_each_task() {
        let lines = tasks(&[task(1, "buy\tmilk\nnow\u{1b}[2J")], Layout::Tabs);
        assert_eq!(lines, "1\tbuy milk now\thigh\t2026-11-27\tto do\n");
    }
}
