//! Secrets in files of their own, and variables in a file of many.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};

use secrecy::ExposeSecret;
use tempfile::TempDir;
use todo_service::ChatEngine;

use super::{
    Config, ConfigError, Exposure,
    tests::{PRODUCTION, SECRET, faulty, read},
};

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }
}

fn key(config: Config) -> String {
    match config.chat.engine {
        ChatEngine::Cohere(settings) => settings.api_key.unwrap().expose_secret().to_owned(),
        ChatEngine::Offline => String::new(),
    }
}

#[test]
fn a_byte_order_mark_is_part_of_no_secret_and_of_no_variable() {
    let files = Files::new();
    let config = read(&[
        ("DATABASE_URL_FILE", &files.write("url", "\u{feff}postgres://app:hunter2@db/chatbot\n")),
        ("JWT_SECRET_FILE", &files.write("jwt", format!("\u{feff}{SECRET}\r\n"))),
        ("ENV_FILE", &files.write("env", "\u{feff}COHERE_API_KEY=co-key\n")),
    ]);
    let config = config.unwrap();
    assert_eq!(config.database.url.to_string(), "postgres://db:5432/chatbot");
    assert_eq!(config.tokens.secret.obtain().unwrap().secret.expose_secret(), SECRET);
    assert_eq!(key(config), "co-key");
    let empty = files.write("none", "\u{feff}\n");
    assert_eq!(
        faulty(&[&PRODUCTION[..], &[("COHERE_API_KEY_FILE", empty.as_str())]].concat()),
        ["COHERE_API_KEY_FILE"]
    );
}

fn with_environment_file(content: &str, pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let files = Files::new();
    let path = files.write("env", content);
    read(&[pairs, &[("ENV_FILE", &path)]].concat())
}

#[test]
fn every_secret_may_stand_in_a_file_and_its_line_end_does_not_count() {
    let files = Files::new();
    let url = "postgres://app:hunter2@db/chatbot\n";
    let (former, oldest) = (SECRET.to_uppercase(), SECRET.replace('0', "1"));
    let config = read(&[
        ("DATABASE_URL_FILE", &files.write("url", url)),
        ("JWT_SECRET_FILE", &files.write("jwt", format!("{SECRET}\r\n"))),
        ("JWT_PREVIOUS_SECRETS_FILE", &files.write("former", format!("{former}\n{oldest},\n"))),
        ("COHERE_API_KEY_FILE", &files.write("key", "co-key\n")),
    ]);
    let config = config.unwrap();
    assert_eq!(config.database.url.to_string(), "postgres://db:5432/chatbot");
    assert_eq!(config.tokens.secret.obtain().unwrap().secret.expose_secret(), SECRET);
    let previous: Vec<_> = config.tokens.previous.iter().map(|it| it.expose_secret()).collect();
    assert_eq!(previous, [former, oldest]);
    assert_eq!(key(config), "co-key");
}

#[test]
fn a_secret_and_a_file_for_it_are_one_too_many() {
    let files = Files::new();
    let path = files.write("jwt", SECRET);
    let faults = faulty(&[&PRODUCTION[..], &[("JWT_SECRET_FILE", &path)]].concat());
    assert!(faults.contains(&"JWT_SECRET_FILE".to_owned()), "{faults:?}");
}

#[test]
fn a_file_that_holds_no_secret_is_a_fault_and_neither_it_nor_its_path_is_shown() {
    let files = Files::new();
    let directory = files.0.path().to_str().unwrap().to_owned();
    for path in [
        files.path("hunter2").to_str().unwrap().to_owned(),
        directory.clone(),
        files.write("empty", " \n"),
        files.write("large", "hunter2".repeat(10_000)),
        files.write("binary", [b'h', 0xff]),
    ] {
        let error = read(&[("COHERE_API_KEY_FILE", &path)]).unwrap_err().to_string();
        assert!(error.contains("\n  COHERE_API_KEY_FILE: must name a file"), "{error}");
        assert!(!error.contains("hunter2") && !error.contains(&directory), "{error}");
    }
}

#[test]
fn what_a_file_holds_must_be_as_right_as_what_a_variable_holds() {
    let files = Files::new();
    let path = files.write("jwt", "short");
    assert_eq!(faulty(&[("JWT_SECRET_FILE", &path)]), ["JWT_SECRET"]);
}

#[test]
fn a_file_sets_variables_unless_the_environment_does() {
    let content =
        "# a comment\nexport PORT=9000\nCOHERE_API_KEY='co-key' # mine\nLOG_LEVEL=debug\n";
    let config = with_environment_file(content, &[("PORT", "9001"), ("LOG_LEVEL", " ")]).unwrap();
    assert_eq!(config.listen.port, 9001);
    assert_eq!(config.logs.level, tracing::Level::DEBUG, "a blank variable is unset");
    assert_eq!(key(config), "co-key");
}

#[test]
fn a_file_that_is_no_environment_is_a_fault_beside_the_others_and_is_not_quoted() {
    let error = with_environment_file("PORT=80000\nhunter2 hunter2\n", &[]).unwrap_err();
    let expected = "the configuration is wrong:
  ENV_FILE: must name a file of lines NAME=value; its entry 2 is none
  PORT: must be a port from 0 to 65535";
    assert_eq!(error.to_string(), expected);
    assert_eq!(faulty(&[("ENV_FILE", "/nowhere/env")]), ["ENV_FILE"]);
}

#[test]
fn a_file_of_secrets_that_everybody_may_write_is_refused_and_one_that_others_may_read_warned_of() {
    let files = Files::new();
    let (key, env) = (files.write("key", "co-key\n"), files.write("env", "PORT=9000\n"));
    let variables = [("COHERE_API_KEY_FILE", key.as_str()), ("ENV_FILE", &env)];
    let set = |mode| {
        for path in [&key, &env] {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
    };
    let warnings = |config: Config| -> Vec<_> {
        config.warnings.iter().map(|warning| warning.variable.to_string()).collect()
    };
    set(0o600);
    assert!(warnings(read(&variables).unwrap()).is_empty());
    set(0o644);
    assert_eq!(warnings(read(&variables).unwrap()), ["ENV_FILE", "COHERE_API_KEY_FILE"]);
    set(0o620);
    assert_eq!(warnings(read(&variables).unwrap()), ["ENV_FILE", "COHERE_API_KEY_FILE"]);
    set(0o602);
    assert_eq!(faulty(&variables), ["ENV_FILE", "COHERE_API_KEY_FILE"]);
}

#[test]
fn a_file_is_its_owner_s_alone_but_for_a_group_that_reads() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let exposure = |mode| {
        fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        Exposure::of(&file.path().metadata().unwrap())
    };
    for mode in [0o600, 0o400, 0o440, 0o640, 0o700] {
        assert_eq!(exposure(mode), None, "{mode:o}");
    }
    for mode in [0o644, 0o444, 0o660, 0o664] {
        assert!(matches!(exposure(mode), Some(Exposure::Warned(_))), "{mode:o}");
    }
    for mode in [0o666, 0o602, 0o777] {
        assert!(matches!(exposure(mode), Some(Exposure::Refused(_))), "{mode:o}");
    }
    assert_eq!(Exposure::of(&fs::metadata("/dev/null").unwrap()), None);
}
