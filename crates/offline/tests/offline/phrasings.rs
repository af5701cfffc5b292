//! Ways to say things, and their effects on a list of four tasks:
//! `1 buy groceries`, `2 finish the report high 2026-11-24`, `3 call mom low`,
//! `4 renew passport done`.

use super::chat::Chat;

/// What a message did: `+title` for a new task, `-3` for a deleted one, else what a task is now.
fn effects(said: &str) -> String {
    let mut chat = Chat::usual();
    let before = chat.tasks();
    chat.say(said);
    let after = chat.tasks();
    let number = |line: &str| line.split(' ').next().unwrap().to_owned();
    let gone = before
        .iter()
        .map(|line| number(line))
        .filter(|id| !after.iter().any(|line| number(line) == *id))
        .map(|id| format!("-{id}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| {
        let (id, rest) = line.split_once(' ').unwrap();
        if id.parse::<usize>().unwrap() > before.len() { format!("+{rest}") } else { line.clone() }
    });
    gone.chain(new).collect::<Vec<_>>().join("; ")
}

#[track_caller]
pub(crate) fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases
        .iter()
        .filter(|(said, expected)| effects(said) != *expected)
        .map(|(said, expected)| {
            let answer = Chat::usual().say(said);
            format!("{said:?}\n  expected {expected:?}\n  found    {:?}\n  {answer}", effects(said))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
