use async_trait::async_trait;
use doorward_kernel::{AuditEvent, ClientId, StoreError, Timestamp};
use doorward_session::ClientDigest;

use super::ResourceServer;

/// The outcome of registering a resource server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddOutcome {
    /// It is registered.
    Added,
    /// Another one has its name; nothing changed.
    NameTaken,
}

/// The outcome of changing or removing a resource server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// It is done.
    Changed,
    /// There is no such resource server; nothing changed.
    NotFound,
}

/// The registered resource servers.
#[async_trait]
pub trait ResourceServers: Send + Sync {
    /// Every one, by id, and so by age.
    async fn list(&self) -> Result<Vec<ResourceServer>, StoreError>;

    /// The digest of its secret.
    async fn digest(&self, client: ClientId) -> Result<Option<ClientDigest>, StoreError>;

    /// Registers one.
    ///
    /// Atomic: of any number that want one name at once, one is added.
    async fn add(
        &self,
        server: ResourceServer,
        digest: ClientDigest,
        audit: AuditEvent,
    ) -> Result<AddOutcome, StoreError>;

    /// Gives it another secret; the old one is worth nothing from then on.
    async fn rotate(
        &self,
        client: ClientId,
        digest: ClientDigest,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<ChangeOutcome, StoreError>;

    /// Deletes it.
    ///
    /// Atomic: one of any number of concurrent calls is [`ChangeOutcome::Changed`].
    async fn remove(&self, client: ClientId, audit: AuditEvent) -> Result<ChangeOutcome, StoreError>;
}
