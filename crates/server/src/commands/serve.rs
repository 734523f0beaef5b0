use std::sync::Arc;

use anyhow::Context;
use doorward_crypto::SystemClock;

use super::runtime;
use crate::{
    run::{Listeners, Service},
    settings::Settings,
    wiring::{Database, open_keys, real},
};

/// Runs the service in production.
pub fn serve(settings: Settings) -> anyhow::Result<()> {
    let listeners = Listeners::bind(&settings.http)?;
    runtime()?.block_on(async {
        let providers = real(&settings)?;
        let database = Database::open(&settings.database)?;
        database.prepare(settings.database.migrate).await?;
        let root = settings.keys.root_secret.clone().context("keys.root_secret is needed")?;
        let keys = open_keys(Arc::new(SystemClock::default()), root, &settings, &database.store()).await?;
        Service { settings, database, keys, providers, inbox: None }.run(listeners).await
    })
}
