//! Every dependency is explained in `docs/DEPENDENCIES.md`.

use std::{collections::BTreeSet, fs, io, path::Path};

fn read(path: &str) -> io::Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path))
}

/// The crates of others in `[workspace.dependencies]`.
fn dependencies(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let entries =
        lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    let names = entries.filter_map(|line| line.split_once([' ', '=', '.'])).map(|(name, _)| name);
    names.filter(|name| !name.is_empty() && !name.starts_with("todo-")).collect()
}

/// The crates that have a line in the table, with what the line says.
fn explained(document: &str) -> Vec<(&str, &str)> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once("` | ")).collect()
}

#[test]
fn every_dependency_says_what_it_is_for_and_nothing_else_does() {
    let manifest = read("Cargo.toml").unwrap();
    let document = read("docs/DEPENDENCIES.md").unwrap();

    let named: Vec<_> = dependencies(&manifest);
    let rows = explained(&document);

    assert!(named.contains(&"actix-web") && named.contains(&"uuid"), "{named:?}");
    let names: Vec<_> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a line is there twice");
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from_iter(named));
    assert!(rows.iter().all(|(_, why)| why.len() > 20), "{rows:?}");
}

#[test]
fn every_crate_takes_its_dependencies_from_the_workspace() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap() {
        let manifest = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
        let sections = manifest.split("\n[").filter(|part| part.contains("dependencies]\n"));
        let lines =
            sections.flat_map(|part| part.lines().skip(1)).filter(|line| line.contains('='));
        for line in lines.filter(|line| !line.starts_with('#')) {
            assert!(line.contains("workspace = true"), "{line}");
        }
    }
}
