//! The migrations that are compiled in, and how they are applied and taken back.

use diesel::{
    backend::Backend,
    migration::{Migration, MigrationSource, Result},
    pg::Pg,
    sqlite::Sqlite,
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

/// Applies what is pending, oldest first; returns the names.
pub(crate) fn up<DB: Embedded>(database: &mut impl MigrationHarness<DB>) -> Result<Vec<String>> {
    let mut applied = Vec::new();
    for migration in database.pending_migrations(DB::MIGRATIONS)? {
        database.run_migration(&migration)?;
        applied.push(migration.name().to_string());
    }
    Ok(applied)
}

/// Takes back the latest one; returns its name, or `None` where none is applied.
pub(crate) fn down_one<DB: Embedded>(
    database: &mut impl MigrationHarness<DB>,
) -> Result<Option<String>> {
    if database.applied_migrations()?.is_empty() {
        return Ok(None);
    }
    let version = database.revert_last_migration(DB::MIGRATIONS)?;
    let migrations = DB::embedded();
    let reverted = migrations.into_iter().find(|known| known.version == version.to_string());
    Ok(reverted.map(|migration| migration.name))
}
