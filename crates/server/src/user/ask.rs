//! What only the operator can tell: a password that nobody reads along, and whether they mean it.

use std::{
    error::Error,
    io::{self, BufRead, IsTerminal, Read, Write},
};

use todo_domain::{Password, User};

/// More than the longest password takes, with the end of its line.
const LONGEST_LINE: u64 = 4 * 255 + 3;

/// A new password: typed twice without an echo, or the one line of a pipe.
pub(super) fn password() -> Result<Password, Box<dyn Error>> {
    let text = if io::stdin().is_terminal() {
        let text = rpassword::prompt_password("New password: ")?;
        if rpassword::prompt_password("The same again: ")? != text {
            return Err("the two passwords differ; nothing was changed".into());
        }
        text
    } else {
        line()?
    };
    Password::new(text).map_err(|error| format!("the password {error}").into())
}

/// # Errors
/// Unless the operator means to delete this user.
pub(super) fn consent(user: &User) -> Result<(), Box<dyn Error>> {
    if !io::stdin().is_terminal() {
        return Err("there is nobody to ask: confirm with --yes".into());
    }
    let (id, email) = (user.id, user.email.as_str());
    let mut out = io::stdout();
    write!(out, "Delete user {id} ({email}) with all tasks and conversations? Their number: ")?;
    out.flush()?;
    if line()? == id.to_string() { Ok(()) } else { Err("nothing was deleted".into()) }
}

/// A line of standard input, without its end.
fn line() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(LONGEST_LINE).read_line(&mut text)?;
    let end = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(end);
    Ok(text)
}
