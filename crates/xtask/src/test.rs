//! `cargo xtask test`: everything a fresh machine needs, then all tests.

use crate::{
    Result,
    postgres::Postgres,
    process::{cargo, run},
    redis, service,
};

#[derive(Default)]
pub(crate) struct TestOptions {
    /// Start a server even though another is running.
    pub(crate) private_postgres: bool,
    /// What `cargo test` gets besides.
    pub(crate) arguments: Vec<String>,
    /// What is set for the tests besides.
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

pub(crate) fn test(options: &TestOptions) -> Result {
    let postgres = if options.private_postgres { Postgres::private() } else { Postgres::find() }?;
    println!("PostgreSQL: {}", postgres.description);
    println!("Redis: {}", redis::find_or_install()?);
    println!(
        "Suites of a store run on SQLite (a temporary file each) and on this PostgreSQL (a \
         database each); `sqlite` or `postgres` in a test's name tells which."
    );

    service::build()?;

    let chooses_packages =
        options.arguments.iter().any(|argument| argument == "-p" || argument == "--package");
    let mut tests = cargo();
    tests.args(["test", "--all-features"]);
    if !chooses_packages {
        tests.arg("--workspace");
    }
    tests.args(&options.arguments).envs(options.variables.iter().copied());
    run(tests.env("TEST_DATABASE_URL", &postgres.url))
}
