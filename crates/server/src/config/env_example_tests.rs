//! `.env.example` tells the truth.

use std::{collections::BTreeSet, path::Path};

use super::{Config, Variables, tests::variables_of_the_service};

fn example() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.env.example");
    dotenvy::from_path_iter(path).unwrap().collect::<Result<_, _>>().unwrap()
}

fn read(pairs: Vec<(String, String)>) -> Config {
    let environment = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
    Config::read(Variables::new(environment).unwrap()).unwrap()
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
