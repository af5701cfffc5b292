//! `.env.example` is what the table and the defaults say. `UPDATE_DOCS=1 cargo test --workspace
//! --all-features the_example_is_printed_from_the_table` writes it.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use super::{
    Config, Variables,
    table::{Row, SECTIONS},
    tests::{variables, variables_of_the_service},
};

/// What the file begins with.
const HEADER: &str = "\
# Every variable the service reads, each with its default; an empty one is unset. Copy this file to
# `.env`, change what you need, and load it: `set -a; . ./.env; set +a; cargo run --release`.
# Everything that is wrong is reported at start, by name. `.env` is never committed.
#
# A secret may be kept in a file of its own instead, of at most 64 KiB, which the variable of the
# same name with _FILE at its end names: JWT_SECRET_FILE=/run/secrets/jwt. SIGHUP has the service
# read its variables again and take JWT_SECRET, JWT_PREVIOUS_SECRETS and COHERE_API_KEY over
# without a restart, from such files or from ENV_FILE; docs/OPERATIONS.md shows how.
";

/// How long a line may be.
const WIDTH: usize = 100;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.env.example")
}

fn example() -> Vec<(String, String)> {
    dotenvy::from_path_iter(path()).unwrap().collect::<Result<_, _>>().unwrap()
}

fn read(pairs: Vec<(String, String)>) -> Config {
    let environment = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
    Config::read(Variables::new(environment).unwrap()).unwrap()
}

fn printed() -> String {
    let mut service = variables(&[]);
    Config::collect(&mut service);
    let mut text = HEADER.to_owned();
    for section in SECTIONS {
        text.push('\n');
        if !section.title.is_empty() {
            let line = format!("# --- {} ", section.title);
            text += &format!("{line:-<96}\n");
        }
        for Row { name, kind, about } in section.rows {
            let default = service.defaults.get(*name).unwrap();
            let about = about.replace("{}", &kind.bounds());
            text += &comment(&about.replace("{default}", default));
            let is_empty = about.contains("{default}");
            text += &format!("{name}={}\n", if is_empty { "" } else { default });
            if kind.is_secret() {
                text += &format!("{name}_FILE=\n");
            }
        }
    }
    text
}

/// A text as lines of a comment.
fn comment(text: &str) -> String {
    let mut comment = String::new();
    for paragraph in text.lines() {
        let mut line = "#".to_owned();
        for word in paragraph.split(' ') {
            if line.len() + 1 + word.len() > WIDTH {
                comment += &format!("{line}\n");
                line = "#".to_owned();
            }
            line += &format!(" {word}");
        }
        comment += &format!("{line}\n");
    }
    comment
}

#[test]
fn the_example_is_printed_from_the_table() {
    let printed = printed();
    if env::var_os("UPDATE_DOCS").is_some() {
        // At once: other tests read it.
        let new = path().with_extension("new");
        fs::write(&new, &printed).unwrap();
        fs::rename(new, path()).unwrap();
    }
    assert_eq!(fs::read_to_string(path()).unwrap(), printed, "UPDATE_DOCS=1 writes it");
}

#[test]
fn the_example_names_every_variable_once_and_no_other() {
    let names: Vec<_> = example().into_iter().map(|(name, _)| name).collect();

    let unique: BTreeSet<_> = names.iter().cloned().collect();
    assert_eq!(names.len(), unique.len());
    assert_eq!(unique, variables_of_the_service().into_iter().collect());
}

#[test]
fn the_values_of_the_example_are_the_defaults() {
    assert_eq!(format!("{:?}", read(example())), format!("{:?}", read(Vec::new())));
}
