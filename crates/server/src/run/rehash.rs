use doorward_app::password_login::{Rehashes, Rehashing, StaleVerifier};

/// Makes outdated verifiers anew on tasks of their own; the hasher's queue bounds how many.
pub(crate) struct RehashTasks(pub(crate) Rehashing);

impl Rehashes for RehashTasks {
    fn ask(&self, stale: StaleVerifier) {
        let rehashing = self.0.clone();
        tokio::spawn(async move {
            if let Err(error) = rehashing.renew(stale).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "password not rehashed");
            }
        });
    }
}
