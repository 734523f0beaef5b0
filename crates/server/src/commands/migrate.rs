use std::io::{self, Write};

use super::runtime;
use crate::{settings::Settings, wiring::Database};

/// Applies the migrations that the database lacks.
pub fn migrate(settings: &Settings) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = Database::open(&settings.database)?;
        let applied = database.migrate().await?;
        database.close().await;
        let mut out = io::stdout();
        for name in &applied {
            writeln!(out, "applied {name}")?;
        }
        if applied.is_empty() {
            writeln!(out, "the database is up to date")?;
        }
        Ok(())
    })
}

/// Tells which migrations the database has and which it lacks.
pub fn migration_status(settings: &Settings) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let database = Database::open(&settings.database)?;
        let schema = database.schema().await?;
        database.close().await;
        let mut out = io::stdout();
        for migration in schema.migrations {
            let state = match (migration.is_applied, migration.is_known) {
                (true, true) => "applied",
                (true, false) => "applied by a newer release",
                (false, _) => "missing",
            };
            writeln!(out, "{state} {}", migration.name)?;
        }
        Ok(())
    })
}
