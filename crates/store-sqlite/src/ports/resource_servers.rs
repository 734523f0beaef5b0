use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, insert_into, update,
};
use doorward_app::clients::{AddOutcome, ChangeOutcome, ResourceServer, ResourceServers};
use doorward_kernel::{AuditEvent, ClientId, StoreError, Timestamp};
use doorward_session::ClientDigest;

use crate::{
    SqliteStore,
    columns::{Id, corrupt},
    rows::ResourceServerRow,
    schema::resource_servers,
    steps::audit::insert_audit,
};

#[async_trait]
impl ResourceServers for SqliteStore {
    async fn list(&self) -> Result<Vec<ResourceServer>, StoreError> {
        self.read(list)
    }

    async fn digest(&self, client: ClientId) -> Result<Option<ClientDigest>, StoreError> {
        self.read(|connection| digest(connection, client))
    }

    async fn add(
        &self,
        server: ResourceServer,
        digest: ClientDigest,
        audit: AuditEvent,
    ) -> Result<AddOutcome, StoreError> {
        self.write(move |connection| Ok(add(connection, &server, digest, &audit)?)).await
    }

    async fn rotate(
        &self,
        client: ClientId,
        digest: ClientDigest,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(rotate(connection, client, digest, now, &audit)?)).await
    }

    async fn remove(&self, client: ClientId, audit: AuditEvent) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(remove(connection, client, &audit)?)).await
    }
}

fn list(connection: &mut SqliteConnection) -> QueryResult<Vec<ResourceServer>> {
    let servers = resource_servers::table.order(resource_servers::id).select(ResourceServerRow::as_select());
    servers.load(connection)?.into_iter().map(ResourceServerRow::decode).collect()
}

fn digest(connection: &mut SqliteConnection, client: ClientId) -> QueryResult<Option<ClientDigest>> {
    let found: Option<Vec<u8>> =
        resource_servers::table.find(Id::from(client)).select(resource_servers::digest).first(connection).optional()?;
    let digest = |bytes: Vec<u8>| bytes.try_into().map(ClientDigest).map_err(|_| corrupt("resource_servers.digest"));
    found.map(digest).transpose()
}

fn add(
    connection: &mut SqliteConnection,
    server: &ResourceServer,
    digest: ClientDigest,
    audit: &AuditEvent,
) -> QueryResult<AddOutcome> {
    let insert = insert_into(resource_servers::table)
        .values((ResourceServerRow::encode(server), resource_servers::digest.eq(digest.0.as_slice())));
    if insert.on_conflict(resource_servers::name).do_nothing().execute(connection)? == 0 {
        return Ok(AddOutcome::NameTaken);
    }
    insert_audit(connection, audit)?;
    Ok(AddOutcome::Added)
}

fn rotate(
    connection: &mut SqliteConnection,
    client: ClientId,
    digest: ClientDigest,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<ChangeOutcome> {
    let values = (resource_servers::digest.eq(digest.0.as_slice()), resource_servers::rotated_at.eq(now.as_micros()));
    let changed = update(resource_servers::table.find(Id::from(client))).set(values).execute(connection)?;
    done(connection, changed, audit)
}

fn remove(connection: &mut SqliteConnection, client: ClientId, audit: &AuditEvent) -> QueryResult<ChangeOutcome> {
    let removed = delete(resource_servers::table.find(Id::from(client))).execute(connection)?;
    done(connection, removed, audit)
}

fn done(connection: &mut SqliteConnection, rows: usize, audit: &AuditEvent) -> QueryResult<ChangeOutcome> {
    if rows == 0 {
        return Ok(ChangeOutcome::NotFound);
    }
    insert_audit(connection, audit)?;
    Ok(ChangeOutcome::Changed)
}
