//! The migrations that are compiled in, and how they are applied and taken back.

use diesel::{
    backend::Backend,
    migration::{Migration, MigrationSource, Result},
    pg::Pg,
    sqlite::{Sqlite, SqliteConnection},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// A migration, and whether the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// Its name, beginning with the date.
    pub name: String,
    /// Whether it has been applied.
    pub applied: bool,
}

/// A migration's two names: diesel's table holds the version.
pub(crate) struct EmbeddedMigration {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// An engine that has migrations.
pub(crate) trait Embedded: Backend + Sized + 'static {
    const MIGRATIONS: EmbeddedMigrations;

    /// All of them, oldest first.
    fn migrations() -> Result<Vec<Box<dyn Migration<Self>>>> {
        let mut migrations = MigrationSource::<Self>::migrations(&Self::MIGRATIONS)?;
        migrations.sort_unstable_by(|a, b| a.name().version().cmp(&b.name().version()));
        Ok(migrations)
    }

    /// The names of all of them, oldest first.
    fn embedded() -> Vec<EmbeddedMigration> {
        // Reading what is compiled in can't fail.
        let migrations = Self::migrations().unwrap_or_default();
        let names = migrations.iter().map(|migration| EmbeddedMigration {
            name: migration.name().to_string(),
            version: migration.name().version().to_string(),
        });
        names.collect()
    }
}

impl Embedded for Pg {
    const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");
}

impl Embedded for Sqlite {
    const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
}

/// A connection over which the tables are changed.
pub(crate) trait Migrating<DB: Embedded>: MigrationHarness<DB> {
    /// Bounds how long the statements of a migration wait for locks, in a transaction or not.
    fn bound_waiting(&mut self, _in_transaction: bool) -> Result<()> {
        Ok(())
    }

    /// Removes the index of this name if it was never finished: a migration without a transaction
    /// that fails leaves it behind.
    fn remove_unfinished(&mut self, _index: &str) -> Result<()> {
        Ok(())
    }
}

impl Migrating<Sqlite> for SqliteConnection {}

/// Applies what is pending, oldest first; returns the names.
pub(crate) fn up<DB: Embedded>(database: &mut impl Migrating<DB>) -> Result<Vec<String>> {
    let mut applied = Vec::new();
    for migration in database.pending_migrations(DB::MIGRATIONS)? {
        let in_transaction = migration.metadata().run_in_transaction();
        database.bound_waiting(in_transaction)?;
        let name = migration.name().to_string();
        if !in_transaction && let Some((_, index)) = name.split_once('_') {
            database.remove_unfinished(index)?;
        }
        database.run_migration(&migration)?;
        applied.push(name);
    }
    Ok(applied)
}

/// Takes back the latest one; returns its name, or `None` where none is applied.
pub(crate) fn down_one<DB: Embedded>(database: &mut impl Migrating<DB>) -> Result<Option<String>> {
    // Latest first.
    let Some(latest) = database.applied_migrations()?.into_iter().next() else { return Ok(None) };
    let latest = DB::migrations()?.into_iter().find(|known| known.name().version() == latest);
    let in_transaction = latest.is_none_or(|latest| latest.metadata().run_in_transaction());
    database.bound_waiting(in_transaction)?;
    let version = database.revert_last_migration(DB::MIGRATIONS)?;
    let migrations = DB::embedded();
    let reverted = migrations.into_iter().find(|known| known.version == version.to_string());
    Ok(reverted.map(|migration| migration.name))
}
