//! What there is to say beside the results of calls.

use super::{
    super::{
        calls::{Remark, Why},
        intent::{Action, Missing, Offer, Talk, Target},
        results::SeenTask,
    },
    Paragraph, Question, Setting, lists, quoted,
};

const UNDERSTOOD: &str = "You can say, for example:
- add buy milk tomorrow, high priority
- show my tasks, or: what is due this week?
- mark 1 and 3 as done, or: reopen 4
- rename task 1 to buy oat milk
- make 2 urgent
- move 2 to Friday at 3pm, or: postpone 2 by two days
- tag 2 with work, or: what is tagged #work?
- delete 3
- undo that, or: redo";

pub(super) fn remark(remark: &Remark, setting: Setting<'_>) -> Paragraph {
    match remark {
        Remark::Which { action, why, tasks, total } => which(action, *why, tasks, *total, setting),
        Remark::WhichNumber => {
            asking("I need to know which task you mean.".to_owned(), Question::Which)
        }
        Remark::Nothing(listing) => lists::none(listing, setting.calendar).into(),
        Remark::NoSuchTask { said, similar } => no_such_task(said, similar, setting),
        Remark::Untouched => "I changed nothing.".to_owned().into(),
        Remark::NoSuchNumber(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("There is no task {number}.").into()
        }
        Remark::NoSuchNumber(number) => {
            asking(format!("{} is no number of a task.", quoted(number)), Question::Which)
        }
        Remark::Missing(missing) => ask_for(missing),
        Remark::LeftOut { done, left_out } => {
            let numbers: Vec<_> = left_out.iter().filter_map(|call| call.task()).collect();
            let which = match &numbers[..] {
                [] => format!("{} of what you asked for", left_out.len()),
                [first] => format!("task {first}"),
                [first, .., last] => format!("{} tasks, from {first} to {last}", numbers.len()),
            };
            format!(
                "I can do {done} things for one message, so I left out {which}. Please ask again."
            )
            .into()
        }
        Remark::NoTool => "I can't do that here.".to_owned().into(),
        Remark::Talk(said) => talk(said).into(),
    }
}

fn asking(text: String, question: Question) -> Paragraph {
    Paragraph { text, question: Some(question) }
}

fn which(
    action: &Action,
    why: Why,
    tasks: &[SeenTask],
    total: u64,
    setting: Setting<'_>,
) -> Paragraph {
    const MOST: usize = 20;
    let to_do = verb(action);
    let mut tasks = tasks.to_vec();
    tasks.sort_by_key(|task| task.id);
    tasks.truncate(MOST);
    let more = total.saturating_sub(tasks.len() as u64);
    let more = if more == 0 { String::new() } else { format!("\n… and {more} more") };
    let why = match why {
        Why::Unclear => "",
        Why::TooMany => "That is too much for one message. ",
    };
    let lines = lists::lines(&tasks, setting);
    let text = format!("{why}These are the tasks I could {to_do}:\n{lines}{more}");
    asking(text, Question::Which)
}

fn no_such_task(said: &str, similar: &[SeenTask], setting: Setting<'_>) -> Paragraph {
    const MOST: usize = 5;
    let none = format!("There is no task called {}.", quoted(said));
    if similar.is_empty() {
        return format!("{none} “Show my tasks” shows what there is.").into();
    }
    let similar = lists::lines(&similar[..similar.len().min(MOST)], setting);
    asking(format!("{none} Perhaps one of these:\n{similar}"), Question::Which)
}

fn ask_for(missing: &Missing) -> Paragraph {
    match missing {
        Missing::Title(_) => asking("I can add a task.".to_owned(), Question::Title),
        Missing::NewTitle(_) => asking("I can rename it.".to_owned(), Question::NewTitle),
        Missing::Due(_) => asking("I need to know which day.".to_owned(), Question::Due),
        Missing::Consent(action, targets) => consent(action, targets).into(),
        Missing::Choice(action, offers) => choice(action, offers).into(),
        Missing::Change(targets) => {
            let number = targets.iter().find_map(|target| match target {
                Target::Number(id) => Some(id.get()),
                _ => None,
            });
            let n = number.unwrap_or(2);
            format!(
                "What shall I do with it? You can say “mark {n} as done”, “make {n} urgent”, “move {n} to \
                 Friday”, “rename task {n} to buy milk” or “delete {n}”."
            )
            .into()
        }
    }
}

/// Asks whether something is meant, and says how to say so.
fn consent(action: &Action, targets: &[Target]) -> String {
    let names: Option<Vec<String>> = targets
        .iter()
        .map(|target| match target {
            Target::Number(id) => Some(id.to_string()),
            Target::Named(name) => Some(name.said.clone()),
            _ => None,
        })
        .collect();
    let order = names.and_then(|names| order(action, &names.join(" and ")));
    order.map_or_else(
        || {
            "Do you want me to do that? Then please say just that, without a question mark. I changed nothing."
                .to_owned()
        },
        |order| {
            format!("Do you want me to {} it? Then say {}. I changed nothing.", verb(action), quoted(&order))
        },
    )
}

/// Asks again which of the tasks offered is meant. Nothing is kept, so the answer has to say it all.
fn choice(action: &Action, offers: &[Offer]) -> String {
    let lines: Vec<_> = offers.iter().map(|offer| &*offer.line).collect();
    let first = offers.first().and_then(|offer| order(action, &offer.id.to_string()));
    let example = first.map(|order| format!(", for example {}", quoted(&order)));
    format!(
        "I can't tell which of them you mean, so I changed nothing. Please say it in full{}.\n{}",
        example.unwrap_or_default(),
        lines.join("\n"),
    )
    .trim_end()
    .to_owned()
}

/// How to order an action on a task, unless there is more to it than its name.
fn order(action: &Action, task: &str) -> Option<String> {
    match action {
        Action::Complete => Some(format!("mark {task} as done")),
        Action::Reopen => Some(format!("reopen {task}")),
        Action::Delete => Some(format!("delete {task}")),
        Action::Update(_) => None,
    }
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Complete => "complete",
        Action::Reopen => "reopen",
        Action::Update(_) => "change",
        Action::Delete => "delete",
    }
}

fn talk(said: &Talk) -> String {
    match said {
        Talk::Greeting => format!("Hello! I keep your todo list. {UNDERSTOOD}"),
        Talk::Help => format!("I keep your todo list. {UNDERSTOOD}"),
        Talk::Thanks => "You're welcome!".to_owned(),
        Talk::Yes => {
            "I don't know what you agree to. Please say it in full, for example “delete 3” or “mark 2 as done”."
                .to_owned()
        }
        Talk::No => "All right. Nothing was changed.".to_owned(),
        Talk::OneUndo => {
            "I do that one message at a time. Say it again for the next one.".to_owned()
        }
        Talk::BesideUndo => {
            "An undo is all I do for one message. Please ask for the rest again.".to_owned()
        }
        Talk::Perhaps(text) => format!(
            "I did not understand that. If it is a task, say “add {}”.\n\n{UNDERSTOOD}",
            quoted(text).trim_matches(['“', '”'])
        ),
        Talk::Unknown => format!(
            "I did not understand that; I only know about your todo list. {UNDERSTOOD}"
        ),
    }
}
