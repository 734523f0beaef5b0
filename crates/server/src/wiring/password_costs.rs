use std::sync::Arc;

use doorward_app::keys::KeyEpochs;
use doorward_crypto::Argon2Hasher;
use doorward_kernel::StoreError;

/// Tells the hasher what kinds of passwords are on file, so that every denial costs one of each.
#[derive(Clone)]
pub(crate) struct PasswordCosts {
    pub(super) hasher: Arc<Argon2Hasher>,
    pub(super) epochs: Arc<dyn KeyEpochs>,
}

impl PasswordCosts {
    /// Reads what kinds are on file now.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        if let Some(works) = self.hasher.set_kinds(&self.epochs.verifier_kinds().await?) {
            tracing::info!(password.denial = works.join(" + "), "the cost of a wrong password has changed");
        }
        Ok(())
    }
}
