use std::sync::Arc;

use anyhow::Context;
use doorward_app::{
    ClockAndIds, Store,
    keys::{KeyMaintenance, KeyRotation, RotationPolicy},
};
use doorward_crypto::{Keyring, OsRandom, RootSecret, RootSecrets, SigningAlgorithm, SystemClock, TokenSettings};

use super::epoch_reload::EpochReload;
use crate::settings::{Algorithm, Settings};

/// The keys of this node, and what is done about their epochs.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The clock all of this process reads.
    pub(crate) clock: Arc<SystemClock>,
    /// The keys.
    pub(crate) ring: Arc<Keyring>,
    /// Looks for those of other nodes.
    pub(crate) lookup: Arc<EpochReload>,
    /// Adds epochs.
    pub(crate) rotation: KeyRotation,
    /// Leaves them behind.
    pub(crate) maintenance: KeyMaintenance,
}

/// Derives the keys from the root secret and the database's epochs, of which it makes the first.
///
/// Any number of nodes may do so at once: one first epoch wins, and all see it.
pub(crate) async fn open_keys(
    clock: Arc<SystemClock>,
    root: RootSecret,
    settings: &Settings,
    store: &Arc<dyn Store>,
) -> anyhow::Result<Keys> {
    let clock_and_ids = ClockAndIds { clock: clock.clone(), random: Arc::new(OsRandom) };
    let policy = RotationPolicy { every: settings.keys.rotate_every, publish_ahead: settings.keys.publish_ahead };
    let (epochs, noted) = (store.clone(), Arc::new(root.clone()));
    let rotation = KeyRotation { clock_and_ids: clock_and_ids.clone(), epochs, root: noted, policy };
    let epochs = rotation.begin().await?;
    let roots = RootSecrets { current: root, former: settings.keys.former_root_secret.clone() };
    let ring = Keyring::new(roots, epochs, token_settings(settings), clock.clone(), Arc::new(OsRandom));
    let ring = ring.context("keys.root_secret cannot be used with this database")?;
    let ring = Arc::new(ring);
    let maintenance = KeyMaintenance {
        clock_and_ids,
        epochs: store.clone(),
        keys: ring.clone(),
        seals: ring.clone(),
        seed_sealer: ring.clone(),
        idle: settings.session.idle,
        // A node reloads once in that time, and that may be slow.
        settling: settings.keys.reload_every * 2,
    };
    let lookup = Arc::new(EpochReload::new(ring.clone(), store.clone(), clock.clone()));
    Ok(Keys { clock, ring, lookup, rotation, maintenance })
}

impl Keys {
    /// Takes the epochs as they are now, and with them the next one, if it is due.
    pub(crate) async fn keep(&self) -> anyhow::Result<()> {
        Ok(self.ring.reload(self.rotation.keep().await?)?)
    }
}

fn token_settings(Settings { token, http, .. }: &Settings) -> TokenSettings {
    let binding_audience = format!("{}{}/binding", http.public_url.as_str().trim_end_matches('/'), http.base_path);
    let algorithm = match token.algorithm {
        Algorithm::Es256 => SigningAlgorithm::Es256,
        Algorithm::EdDsa => SigningAlgorithm::EdDsa,
    };
    TokenSettings { algorithm, binding_audience, ..TokenSettings::new(&token.issuer, &token.audience) }
}
