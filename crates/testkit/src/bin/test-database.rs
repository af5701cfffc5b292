//! A migrated PostgreSQL database for what is no Rust test: it prints its URL, and the database is
//! gone once the standard input ends, which it also does when whoever asked for it dies.

use std::io::{self, Read, Write};

use todo_testkit::database::TestDatabase;

#[tokio::main]
async fn main() -> io::Result<()> {
    let database = TestDatabase::postgres().await;
    writeln!(io::stdout(), "{}", database.url())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
