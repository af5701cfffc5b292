//! Users, as a table for people, lines for programs.

use std::{
    error::Error,
    io::{self, IsTerminal, Write},
};

use comfy_table::{Table, presets::NOTHING};
use serde_json::json;
use todo_app::Accounts;
use todo_domain::{PageLimit, User, UserId};

const HEADER: [&str; 6] = ["number", "e-mail", "name", "time zone", "since", "disabled since"];

/// How a list is written.
enum Form {
    /// Laid out once all are known.
    Table(Table),
    /// A line each, its columns separated by tabs.
    Tabs,
    /// A line of JSON each.
    Json,
}

/// Prints all users, the first to sign up first.
pub(super) async fn print(accounts: &Accounts, json: bool) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let mut form = match (json, out.is_terminal()) {
        (true, _) => Form::Json,
        (false, true) => Form::Table(table()),
        (false, false) => Form::Tabs,
    };
    let mut after: Option<UserId> = None;
    loop {
        let page = accounts.list(PageLimit::MAX, after).await?;
        for user in &page.users {
            match &mut form {
                Form::Table(table) => drop(table.add_row(columns(user))),
                Form::Tabs => writeln!(out, "{}", columns(user).join("\t"))?,
                Form::Json => writeln!(out, "{}", record(user))?,
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    if let Form::Table(table) = form {
        writeln!(out, "{table}")?;
    }
    Ok(())
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(HEADER);
    table
}

fn columns(user: &User) -> [String; 6] {
    [
        user.id.to_string(),
        user.email.as_str().to_owned(),
        // People choose their names: none shall move a cursor or begin a column.
        user.name.as_str().replace(char::is_control, "\u{fffd}"),
        user.time_zone.name().to_owned(),
        user.created_at.to_string(),
        user.disabled_at.map(|at| at.to_string()).unwrap_or_default(),
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
    })
}
