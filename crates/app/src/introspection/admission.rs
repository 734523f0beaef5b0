use super::Introspection;
use crate::{
    clients::Credentials,
    limits::{AdmitError, Caller},
};

impl Introspection {
    /// Returns whether the call comes from the resource server that it names; wrong secrets are counted per host.
    ///
    /// A right one takes from nothing and is never refused: it cannot be guessed, a resource server
    /// asks often, and others on its host may have lost theirs.
    #[tracing::instrument(level = "debug", name = "introspection.is_for", skip_all)]
    pub async fn is_for(&self, credentials: &Credentials, caller: &Caller) -> Result<bool, AdmitError> {
        let is_known = self.clients.is_known(credentials).await?;
        if !is_known {
            let now = self.authentication.clock_and_ids.now();
            self.authentication.limiter.client_failed(caller, now).await?;
        }
        Ok(is_known)
    }
}
