//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{terminal::ChatArguments, user_selector::UserSelector};

/// A todo list you talk to.
///
/// Without configuration the service stands alone: it keeps everything in a SQLite file under
/// ./data, listens on http://127.0.0.1:8000, makes its own secret and answers with an offline
/// assistant. Nothing has to be installed, and nobody else can reach it.
///
/// With DATABASE_URL=postgres://… it is the service others rely on: it listens on 0.0.0.0:8000 and
/// insists on JWT_SECRET and on COHERE_API_KEY (or CHAT_ENGINE=offline). Apply the migrations
/// first: `chatbot-api migrate up`.
#[derive(Debug, Parser)]
#[command(
    version,
    verbatim_doc_comment,
    after_help = "Everything is configured by environment variables; .env.example lists them.",
    after_long_help = "\
Environment:
  DATABASE_URL     where tasks and conversations are kept; unset: SQLite in DATA_DIR
  JWT_SECRET       signs access tokens, at least 32 bytes
  COHERE_API_KEY   a key of Cohere's: its models answer; COHERE_MODEL chooses one
  CHAT_ENGINE      offline: answer without a language model
  HOST, PORT       where to listen
  LOG_LEVEL        error, warn, info, debug or trace; LOG_FORMAT: text or json
  .env.example lists every variable with its meaning, default and bounds.

Once it runs, /docs describes the HTTP API, /health says whether it lives and /health/ready
whether it can work. README.md and docs/ have the rest."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Default, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Run the service until it is told to stop; the default
    #[default]
    Serve,
    /// Talk in the terminal: say one thing, or go on until Ctrl-D
    ///
    /// Without --url it opens the storage itself, as the service would, for the one user there is
    /// or the one that --user names; the first time it makes a user. With --url it talks to a
    /// service that runs, in the name of whoever signed in for CHATBOT_TOKEN.
    ///
    /// A line that begins with a slash is a command: /help lists them. The exit code is 1 when a
    /// message was refused or its turn failed, which does not count at a prompt, and 2 when nothing
    /// could be said at all.
    #[command(verbatim_doc_comment)]
    Chat(ChatArguments),
    /// Look at configuration, database and Cohere, and say what is wrong and what to do
    ///
    /// Asks Cohere for nothing that is billed. The exit code is 1 when something must be mended
    /// before the service can work.
    #[command(verbatim_doc_comment)]
    Doctor,
    /// Ask the service that runs on this machine whether it is ready
    ///
    /// Reads HOST and PORT, and asks /health/ready there, for 5 seconds at most. The exit code is 0
    /// if it is, and 1 if not or if nothing answers: what the HEALTHCHECK of an image wants.
    #[command(verbatim_doc_comment)]
    Healthcheck {
        /// Ask /health instead: whether it lives, also without its database
        #[arg(long)]
        live: bool,
    },
    /// Copy the SQLite database into a new file, also while the service runs
    ///
    /// The file is checked before it gets its name, and nothing is overwritten. A PostgreSQL is
    /// backed up with its own tools. The secret of access tokens is not part of it.
    #[command(verbatim_doc_comment)]
    Backup {
        /// Where the copy is to be
        file: PathBuf,
    },
    /// Put a copy that `backup` made instead of the SQLite database
    ///
    /// The service must be stopped. The copy is checked first; one of an older version is migrated
    /// when the service starts. The secret of access tokens in DATA_DIR is set aside, so that
    /// everybody signs in again; a JWT_SECRET has to be replaced by hand.
    #[command(verbatim_doc_comment)]
    Restore {
        /// The copy
        file: PathBuf,
        /// If there is a database: keep it beside, under a name with the time
        #[arg(long)]
        replace: bool,
    },
    /// Change the database schema, or show where it stands
    ///
    /// Reads DATABASE_URL, DATABASE_TIMEOUT, DATA_DIR, LOG_LEVEL and LOG_FORMAT, and needs a role
    /// that may change the schema. On SQLite the service migrates by itself at start.
    #[command(verbatim_doc_comment)]
    Migrate {
        #[command(subcommand)]
        step: MigrateStep,
    },
    /// List users, keep them out, give them another password or delete them
    ///
    /// Reads DATABASE_URL, DATABASE_TIMEOUT and DATA_DIR. With PostgreSQL a running service takes
    /// note within 60 seconds; with SQLite it has to be stopped first. The exit code is 1 when there
    /// is no such user, and 2 when something else went wrong.
    #[command(verbatim_doc_comment)]
    User {
        #[command(subcommand)]
        action: UserAction,
    },
}

/// What to do with users.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum UserAction {
    /// List all: a table in a terminal, lines with tabs elsewhere
    List {
        /// Write a line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Keep a user out: no sign-in, and no token is good
    Disable {
        /// Their e-mail address or number
        who: UserSelector,
    },
    /// Let a user in again
    Enable {
        /// Their e-mail address or number
        who: UserSelector,
    },
    /// Make a user an operator: they see all users at `/admin`, and can keep them out
    Promote {
        /// Their e-mail address or number
        who: UserSelector,
    },
    /// Make an operator a user like others, at once
    Demote {
        /// Their e-mail address or number
        who: UserSelector,
    },
    /// Give a user another password and sign them out everywhere
    ///
    /// It is asked for in a terminal, and read from standard input elsewhere.
    #[command(verbatim_doc_comment)]
    SetPassword {
        /// Their e-mail address or number
        who: UserSelector,
    },
    /// Delete a user with all tasks and conversations
    Delete {
        /// Their e-mail address or number
        who: UserSelector,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// What to do with the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum MigrateStep {
    /// Apply every migration that is pending
    Up,
    /// Revert the latest migration
    Down,
    /// List the migrations; the exit code is 1 when one is pending and 2 when that is unknown
    Status,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn command(arguments: &[&str]) -> Command {
        let arguments = [&["chatbot-api"], arguments].concat();
        Cli::try_parse_from(arguments).unwrap().command.unwrap_or_default()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_is_what_it_does_unless_told_otherwise() {
        assert_eq!(command(&[]), Command::Serve);
        assert_eq!(command(&["serve"]), Command::Serve);
    }

    #[test]
    fn the_schema_goes_up_and_down_and_tells_where_it_stands() {
        for (word, step) in
            [("up", MigrateStep::Up), ("down", MigrateStep::Down), ("status", MigrateStep::Status)]
        {
            assert_eq!(command(&["migrate", word]), Command::Migrate { step });
        }
        assert_eq!(command(&["doctor"]), Command::Doctor);
        assert_eq!(command(&["healthcheck"]), Command::Healthcheck { live: false });
        assert!(Cli::try_parse_from(["chatbot-api", "migrate"]).is_err());
    }

    #[test]
    fn a_password_is_no_argument() {
        let arguments = ["chatbot-api", "user", "set-password", "7", "correct horse"];
        assert!(Cli::try_parse_from(arguments).is_err());
    }

    #[test]
    fn the_help_points_to_the_two_ways_of_running_and_to_the_variables() {
        let help = Cli::command().render_long_help().to_string();

        for word in [
            "stands alone", "DATABASE_URL", "JWT_SECRET", "COHERE_API_KEY", ".env.example", "/docs",
        ] {
            assert!(help.contains(word), "{word}: {help}");
        }
    }
}
