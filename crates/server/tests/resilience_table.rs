//! `docs/RESILIENCE.md` names a test for every fault, and `docs/DEPLOYMENT.md` tells of every statement
//! of the founding guide: each test that they name exists.

use std::{error::Error, fs, path::Path};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The tests that the page names, each with the file its link leads to:
/// ``[`name`](../crates/…/file.rs)``.
fn named(page: &str) -> Vec<(&str, &str)> {
    let link = |text| {
        let (name, rest) = str::split_once(text, "`](../")?;
        let (path, _) = rest.split_once(')')?;
        Some((name, path))
    };
    page.split("[`").filter_map(link).collect()
}

/// The rows of the tables of faults, without their headings.
fn faults(page: &str) -> impl Iterator<Item = &str> {
    let rows = |table| str::lines(table).skip(2).take_while(|line| line.starts_with('|'));
    page.split("| fault |").skip(1).flat_map(rows)
}

/// Says of each test that can't be found what is missing.
fn missing(tests: &[(&str, &str)], read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let missing = |(name, path): &(&str, &str)| {
        let Some(code) = read(path) else { return Some(format!("there is no {path}")) };
        let found = code.contains(&format!("fn {name}("));
        (!found).then(|| format!("{path} has no test {name}"))
    };
    tests.iter().filter_map(missing).collect()
}

#[test]
fn every_fault_names_tests_and_every_test_exists() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/RESILIENCE.md"))?;
    let rows: Vec<_> = faults(&page).collect();
    assert!(rows.len() >= 30, "the table has lost rows: {}", rows.len());
    for row in rows {
        assert!(!named(row).is_empty(), "names no test: {row}");
    }
    let wrong = missing(&named(&page), |path| fs::read_to_string(root.join(path)).ok());
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn every_statement_of_the_guide_has_one_row_and_every_test_it_names_exists() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/DEPLOYMENT.md"))?;
    let (_, table) = page
        .split_once("## Statements of the founding deployment guide")
        .ok_or("there is no such table")?;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| S")?.split_once(' '));
    let numbers: Vec<_> = rows.map(|(number, _)| number.to_owned()).collect();
    let all: Vec<_> = (1..=103).map(|number| format!("{number:02}")).collect();
    assert_eq!(numbers, all);
    let wrong = missing(&named(&page), |path| fs::read_to_string(root.join(path)).ok());
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn a_test_that_was_renamed_and_a_file_that_is_gone_are_found() {
    let page = "| a | [`here`](../a.rs), [`renamed`](../a.rs) | [`gone`](../b.rs) |";
    let read = |path: &str| (path == "a.rs").then(|| "async fn here(app) {".to_owned());
    assert_eq!(missing(&named(page), read), ["a.rs has no test renamed", "there is no b.rs"]);
}
