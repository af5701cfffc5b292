//! The tools of the checks: programs from PyPI in environments of their own.

use std::{cell::OnceCell, path::PathBuf, process::Command};

use crate::{Result, process::output, python};

const REQUIREMENTS: &str = "crates/xtask/deploy/requirements.txt";
const CHECKOV: &str = "crates/xtask/deploy/checkov.txt";

/// Only what is wrong, and without asking anybody on the Internet.
pub(super) const CHECKOV_QUIETLY: [&str; 3] = ["--compact", "--quiet", "--skip-download"];

/// Where the tools are. An environment is made when the first check asks for it.
#[derive(Default)]
pub(super) struct Tools {
    python: OnceCell<PathBuf>,
    checkov: OnceCell<PathBuf>,
}

impl Tools {
    /// A program that a package of `requirements.txt` brings, such as `hadolint`, or `python`
    /// that has the packages.
    pub(super) fn program(&self, name: &str) -> Result<Command> {
        beside(&made(&self.python, "deploy-venv", REQUIREMENTS)?, name)
    }

    /// Checkov, whose dependencies get along with no other tool's.
    pub(super) fn checkov(&self) -> Result<Command> {
        beside(&made(&self.checkov, "checkov-venv", CHECKOV)?, "checkov")
    }

    /// The version of a program of `requirements.txt`: its name and the number it tells.
    pub(super) fn version(&self, name: &str, arguments: &str) -> Result<String> {
        let said = output(self.program(name)?.args(arguments.split(' ')))
            .ok_or_else(|| format!("{name} {arguments} fails"))?;
        Ok(format!("{name} {}", number(&said)))
    }
}

/// The first word with a digit and a point: `v1.2.3` of `Tool version: v1.2.3, built …`.
pub(super) fn number(said: &str) -> &str {
    let is_number = |word: &&str| {
        word.contains('.') && word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
    };
    said.split(|c: char| c.is_whitespace() || ",;()\"/".contains(c)).find(is_number).unwrap_or(said)
}

fn made(cell: &OnceCell<PathBuf>, name: &str, requirements: &str) -> Result<PathBuf> {
    if let Some(python) = cell.get() {
        return Ok(python.clone());
    }
    let python = python::environment(name, requirements)?;
    Ok(cell.get_or_init(|| python).clone())
}

fn beside(python: &std::path::Path, name: &str) -> Result<Command> {
    let program = python.with_file_name(name);
    match program.is_file() {
        true => Ok(Command::new(program)),
        false => Err(format!("the environment has no {name}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn the_number_is_found_in_what_tools_say_of_themselves() {
        for (said, expected) in [
            ("Haskell Dockerfile Linter 2.15.1", "2.15.1"),
            ("nginx version: nginx/1.22.1", "1.22.1"),
            ("Docker version 26.1.5+dfsg1, build a72d7cd", "26.1.5+dfsg1"),
            ("nothing of that kind", "nothing of that kind"),
        ] {
            assert_eq!(number(said), expected);
        }
    }
}
