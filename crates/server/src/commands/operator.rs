use std::{path::Path, sync::Arc};

use anyhow::{Context, bail};
use doorward_crypto::{RootSecret, SystemClock};

use super::dev::{folder, kept_secret};
use crate::{
    run::set_clock,
    settings::{DatabaseUrl, Settings},
    wiring::{Database, Keys, open_keys},
};

/// The database of a service that exists: what it lacks is not made here.
pub(super) async fn open_database(settings: &Settings) -> anyhow::Result<Database> {
    if let DatabaseUrl::Sqlite(path) = &settings.database.url
        && !path.exists()
    {
        bail!("there is no database at {}; set database.url", path.display());
    }
    let database = Database::open(&settings.database)?;
    database.prepare(false).await?;
    Ok(database)
}

/// The clock of the service: that of its database, where it has one.
pub(super) async fn open_clock(database: &Database) -> anyhow::Result<Arc<SystemClock>> {
    let clock = Arc::new(SystemClock::default());
    set_clock(&clock, database).await?;
    Ok(clock)
}

/// The keys of the service, from the same root secret.
pub(super) async fn open_existing_keys(settings: &Settings, database: &Database) -> anyhow::Result<Keys> {
    let root = root_secret(settings, &folder(&settings.database))?;
    open_keys(open_clock(database).await?, root, settings, &database.store()).await
}

/// The settings' root secret, or the one that `doorward dev` has made.
fn root_secret(settings: &Settings, folder: &Path) -> anyhow::Result<RootSecret> {
    match &settings.keys.root_secret {
        Some(secret) => Ok(secret.clone()),
        None => kept_secret(folder).context("keys.root_secret is needed"),
    }
}
