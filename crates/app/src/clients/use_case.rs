use std::sync::Arc;

use doorward_kernel::{AuditKind, ClientId, Secret, StoreError};
use doorward_session::ClientSecrets;

use super::{AddOutcome, ChangeOutcome, ClientName, ResourceServer, ResourceServers};
use crate::ClockAndIds;

/// Registers resource servers and knows them again.
#[derive(Clone)]
pub struct Clients {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// Those that are registered.
    pub servers: Arc<dyn ResourceServers>,
    /// Their secrets.
    pub secrets: Arc<dyn ClientSecrets>,
}

/// A resource server that was just registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The resource server.
    pub server: ResourceServer,
    /// Its secret, which is nowhere else.
    pub secret: Secret<String>,
}

/// The credentials of a resource server, as a call brings them.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The one it claims to be; `None` for what is no id.
    pub client: Option<ClientId>,
    /// Its secret.
    pub secret: Secret<String>,
}

impl Clients {
    /// Registers a resource server; `None` when the name is taken.
    #[tracing::instrument(level = "debug", name = "clients.add", skip_all)]
    pub async fn add(&self, name: ClientName) -> Result<Option<Registered>, StoreError> {
        let now = self.clock_and_ids.now();
        let server = ResourceServer {
            id: ClientId::mint(now, &*self.clock_and_ids.random),
            name,
            created_at: now,
            rotated_at: now,
        };
        let secret = self.secrets.mint();
        let audit = self.clock_and_ids.event(AuditKind::ClientAdded, now);
        let outcome = self.servers.add(server.clone(), self.secrets.digest(secret.reveal()), audit).await?;
        Ok((outcome == AddOutcome::Added).then_some(Registered { server, secret }))
    }

    /// Every resource server, oldest first.
    #[tracing::instrument(level = "debug", name = "clients.list", skip_all)]
    pub async fn list(&self) -> Result<Vec<ResourceServer>, StoreError> {
        self.servers.list().await
    }

    /// A new secret in place of the old one; `None` for an unknown resource server.
    #[tracing::instrument(level = "debug", name = "clients.rotate", skip_all)]
    pub async fn rotate(&self, client: ClientId) -> Result<Option<Secret<String>>, StoreError> {
        let now = self.clock_and_ids.now();
        let secret = self.secrets.mint();
        let audit = self.clock_and_ids.event(AuditKind::ClientRotated, now);
        let outcome = self.servers.rotate(client, self.secrets.digest(secret.reveal()), now, audit).await?;
        Ok((outcome == ChangeOutcome::Changed).then_some(secret))
    }

    /// Removes a resource server.
    #[tracing::instrument(level = "debug", name = "clients.remove", skip_all)]
    pub async fn remove(&self, client: ClientId) -> Result<ChangeOutcome, StoreError> {
        let audit = self.clock_and_ids.event(AuditKind::ClientRemoved, self.clock_and_ids.now());
        self.servers.remove(client, audit).await
    }

    /// Returns whether the call comes from the resource server that it names.
    #[tracing::instrument(level = "debug", name = "clients.is_known", skip_all)]
    pub async fn is_known(&self, credentials: &Credentials) -> Result<bool, StoreError> {
        // What is no id is looked for all the same: an answer must not tell by its time what exists.
        let client = credentials.client.unwrap_or(ClientId::from_bytes([0; 16]));
        let digest = self.servers.digest(client).await?;
        Ok(self.secrets.is_right(credentials.secret.reveal(), digest))
    }
}
