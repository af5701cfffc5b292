//! `docs/METRICS.md` says what the code declares.

use std::{env, fs, path::Path};

#[test]
fn the_page_is_what_the_declarations_print() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/METRICS.md");
    let printed = todo_metrics::manual();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &printed).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();

    assert!(
        written == printed,
        "docs/METRICS.md is out of date; write it anew: \
         UPDATE_DOCS=1 cargo test -p todo-metrics --test manual"
    );
}
