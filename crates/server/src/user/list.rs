//! Users, as a table for people, lines for programs.

use std::{error::Error, io::Write};

use serde_json::json;
use todo_app::Accounts;
use todo_domain::{PageLimit, Timestamp, User, UserId};

use crate::{
    answer::Answer,
    sanitize::plain_json,
    table::{Layout, lay_out, local},
};

const HEADER: [&str; 7] =
    ["#", "E-mail", "Name", "Time zone", "Since", "Disabled since", "Operator since"];

/// Prints all users, the first to sign up first.
pub(super) async fn print(accounts: &Accounts, json: bool) -> Result<(), Box<dyn Error>> {
    let mut out = Answer::to_stdout();
    let is_terminal = out.is_terminal();
    let layout = Layout::of(is_terminal);
    let mut rows = Vec::new();
    let mut after: Option<UserId> = None;
    loop {
        let page = accounts.list(PageLimit::MAX, after).await?;
        if json {
            page.users
                .iter()
                .try_for_each(|user| writeln!(out, "{}", plain_json(&record(user))))?;
        } else {
            rows.extend(page.users.iter().map(|user| columns(user, layout)));
        }
        // A table is laid out once all of it is known.
        if !is_terminal {
            write!(out, "{}", lay_out(HEADER, rows.drain(..), layout))?;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if !json && is_terminal {
        write!(out, "{}", lay_out(HEADER, rows.into_iter(), layout))?;
    }
    Ok(())
}

fn columns(user: &User, layout: Layout) -> [String; 7] {
    let time = |at: Timestamp| local(&at.to_string(), layout);
    [
        user.id.to_string(),
        user.email.as_str().to_owned(),
        user.name.as_str().to_owned(),
        user.time_zone.name().to_owned(),
        time(user.created_at),
        user.disabled_at.map(time).unwrap_or_default(),
        user.operator_since.map(time).unwrap_or_default(),
    ]
}

fn record(user: &User) -> serde_json::Value {
    json!({
        "id": user.id.get(),
        "email": user.email.as_str(),
        "name": user.name.as_str(),
        "timezone": user.time_zone.name(),
        "created_at": user.created_at.to_string(),
        "disabled_at": user.disabled_at.map(|at| at.to_string()),
        "operator_since": user.operator_since.map(|at| at.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use todo_domain::{Email, TimeZone, TokenEpoch, UserName};

    use super::*;

    #[test]
    fn a_name_neither_moves_the_cursor_nor_turns_the_line_around() {
        let user = User {
            id: UserId::new(7).unwrap(),
            email: Email::new("eve@example.org").unwrap(),
            name: UserName::new("Eve \u{202e}\u{2067}nimda".to_owned()).unwrap(),
            time_zone: TimeZone::UTC,
            created_at: "2026-11-23T02:00:00Z".parse().unwrap(),
            token_epoch: TokenEpoch::default(),
            disabled_at: None,
            operator_since: None,
        };
        let line = lay_out(HEADER, [columns(&user, Layout::Tabs)].into_iter(), Layout::Tabs);
        assert!(line.contains("\tEve nimda\t"), "{line}");
    }
}
