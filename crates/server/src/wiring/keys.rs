use std::sync::Arc;

use doorward_crypto::{Keyring, OsRandom, RootSecret, SigningAlgorithm, SystemClock, TokenSettings, first_epoch};
use doorward_kernel::{Clock, KeyEpochs};

use super::Ports;
use crate::settings::{Algorithm, Token};

/// The keys of this node, and what they are made with.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The clock all of this process reads.
    pub(crate) clock: Arc<SystemClock>,
    /// The keys.
    pub(crate) ring: Arc<Keyring>,
    /// Where their epochs are.
    pub(crate) epochs: Arc<dyn KeyEpochs>,
}

/// Derives the keys from the root secret and the database's epochs, of which it makes the first.
///
/// Any number of nodes may do so at once: one first epoch wins, and all see it.
pub(crate) async fn open_keys(
    clock: Arc<SystemClock>,
    root: RootSecret,
    token: &Token,
    ports: &Ports,
) -> anyhow::Result<Keys> {
    let epochs = match ports.epochs.list().await? {
        epochs if epochs.is_empty() => ports.epochs.add(first_epoch(&OsRandom, clock.now())).await?,
        epochs => epochs,
    };
    let algorithm = match token.algorithm {
        Algorithm::Es256 => SigningAlgorithm::Es256,
        Algorithm::EdDsa => SigningAlgorithm::EdDsa,
    };
    let settings = TokenSettings { algorithm, ..TokenSettings::new(&token.issuer, &token.audience) };
    let ring = Keyring::new(root, epochs, settings, clock.clone(), Arc::new(OsRandom))?;
    Ok(Keys { clock, ring: Arc::new(ring), epochs: ports.epochs.clone() })
}
