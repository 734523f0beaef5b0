use async_trait::async_trait;
use doorward_app::clients::{AddOutcome, ChangeOutcome, ResourceServer, ResourceServers};
use doorward_kernel::{AuditEvent, ClientId, StoreError, Timestamp};
use doorward_session::ClientDigest;

use super::{MemoryStore, state::insert};

#[async_trait]
impl ResourceServers for MemoryStore {
    async fn list(&self) -> Result<Vec<ResourceServer>, StoreError> {
        Ok(self.read(|state| state.resource_servers.values().map(|(server, _)| server.clone()).collect()))
    }

    async fn digest(&self, client: ClientId) -> Result<Option<ClientDigest>, StoreError> {
        Ok(self.read(|state| state.resource_servers.get(&client).map(|(_, digest)| *digest)))
    }

    async fn add(
        &self,
        server: ResourceServer,
        digest: ClientDigest,
        audit: AuditEvent,
    ) -> Result<AddOutcome, StoreError> {
        self.write(|state| {
            if state.resource_servers.values().any(|(other, _)| other.name == server.name) {
                return Ok(AddOutcome::NameTaken);
            }
            insert(&mut state.resource_servers, server.id, (server, digest))?;
            state.record(audit);
            Ok(AddOutcome::Added)
        })
    }

    async fn rotate(
        &self,
        client: ClientId,
        digest: ClientDigest,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<ChangeOutcome, StoreError> {
        self.write(|state| {
            let Some((server, kept)) = state.resource_servers.get_mut(&client) else {
                return Ok(ChangeOutcome::NotFound);
            };
            server.rotated_at = now;
            *kept = digest;
            state.record(audit);
            Ok(ChangeOutcome::Changed)
        })
    }

    async fn remove(&self, client: ClientId, audit: AuditEvent) -> Result<ChangeOutcome, StoreError> {
        self.write(|state| {
            if state.resource_servers.remove(&client).is_none() {
                return Ok(ChangeOutcome::NotFound);
            }
            state.record(audit);
            Ok(ChangeOutcome::Changed)
        })
    }
}
