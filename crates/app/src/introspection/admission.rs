use super::Introspection;
use crate::{
    clients::Credentials,
    limits::{AdmitError, Caller},
};

impl Introspection {
    /// Whether the call comes from the resource server that it names; wrong secrets are counted per host.
    ///
    /// A right one draws on nothing: it cannot be guessed, and a resource server asks often.
    pub async fn is_for(&self, credentials: &Credentials, caller: &Caller) -> Result<bool, AdmitError> {
        let guard = &self.authentication.guard;
        let now = self.authentication.moment.now();
        guard.admit_client(caller, now).await?;
        let is_known = self.clients.is_known(credentials).await?;
        if !is_known {
            guard.client_failed(caller, now).await?;
        }
        Ok(is_known)
    }
}
