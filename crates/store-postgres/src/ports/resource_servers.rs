use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, delete, insert_into, update};
use diesel_async::RunQueryDsl;
use doorward_app::clients::{AddOutcome, ChangeOutcome, ResourceServer, ResourceServers};
use doorward_kernel::{AuditEvent, ClientId, StoreError, Timestamp};
use doorward_session::ClientDigest;

use crate::{
    PgStore,
    columns::{corrupt, stored},
    connection::PgConnection,
    rows::ResourceServerRow,
    schema::resource_servers,
    steps::audit::insert_audit,
    store::Step,
};

#[async_trait]
impl ResourceServers for PgStore {
    async fn list(&self) -> Result<Vec<ResourceServer>, StoreError> {
        self.read(async |connection| {
            let servers = resource_servers::table.order(resource_servers::id).select(ResourceServerRow::as_select());
            let rows: Vec<ResourceServerRow> = servers.load(connection).await?;
            rows.into_iter().map(ResourceServerRow::decode).collect()
        })
        .await
    }

    async fn digest(&self, client: ClientId) -> Result<Option<ClientDigest>, StoreError> {
        self.read(async |connection| {
            let digest = resource_servers::table.find(client.as_uuid()).select(resource_servers::digest);
            let found: Option<Vec<u8>> = digest.first(connection).await.optional()?;
            let read =
                |bytes: Vec<u8>| bytes.try_into().map(ClientDigest).map_err(|_| corrupt("resource_servers.digest"));
            found.map(read).transpose()
        })
        .await
    }

    async fn add(
        &self,
        server: ResourceServer,
        digest: ClientDigest,
        audit: AuditEvent,
    ) -> Result<AddOutcome, StoreError> {
        self.write(async |connection| add(connection, &server, &digest, &audit).await).await
    }

    async fn rotate(
        &self,
        client: ClientId,
        digest: ClientDigest,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| {
            let server = update(resource_servers::table.find(client.as_uuid()));
            let values =
                (resource_servers::digest.eq(digest.0.as_slice()), resource_servers::rotated_at.eq(stored(now)));
            let changed = server.set(values).execute(connection).await?;
            done(connection, changed, &audit).await
        })
        .await
    }

    async fn remove(&self, client: ClientId, audit: AuditEvent) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| {
            let removed = delete(resource_servers::table.find(client.as_uuid())).execute(connection).await?;
            done(connection, removed, &audit).await
        })
        .await
    }
}

async fn add(
    connection: &mut PgConnection,
    server: &ResourceServer,
    digest: &ClientDigest,
    audit: &AuditEvent,
) -> Step<AddOutcome> {
    let values = (ResourceServerRow::encode(server), resource_servers::digest.eq(digest.0.as_slice()));
    let insert = insert_into(resource_servers::table).values(values).on_conflict(resource_servers::name).do_nothing();
    if insert.execute(connection).await? == 0 {
        return Ok(AddOutcome::NameTaken);
    }
    insert_audit(connection, audit).await?;
    Ok(AddOutcome::Added)
}

async fn done(connection: &mut PgConnection, rows: usize, audit: &AuditEvent) -> Step<ChangeOutcome> {
    if rows == 0 {
        return Ok(ChangeOutcome::NotFound);
    }
    insert_audit(connection, audit).await?;
    Ok(ChangeOutcome::Changed)
}
