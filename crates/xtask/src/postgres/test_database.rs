//! A database for what is no Rust test.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::Postgres;
use crate::{Result, service::build_program};

/// A migrated database of its own on a PostgreSQL, as tests have them. It is gone when this is.
pub(crate) struct TestDatabase {
    keeper: Child,
    pub(crate) url: String,
}

impl TestDatabase {
    pub(crate) fn create(postgres: &Postgres) -> Result<Self> {
        let mut keeper = Command::new(build_program("test-database")?)
            .env("TEST_DATABASE_URL", &postgres.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = keeper.stdout.take().ok_or("the keeper of the database has no output")?;
        let mut database = Self { keeper, url: String::new() };
        BufReader::new(output).read_line(&mut database.url)?;
        database.url.truncate(database.url.trim_end().len());
        if database.url.is_empty() { Err("there is no database".into()) } else { Ok(database) }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
