use async_trait::async_trait;
use diesel::{
    OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
    sql_types::{Binary, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::clients::{AddOutcome, ChangeOutcome, ResourceServer, ResourceServers};
use doorward_kernel::{AuditEvent, ClientId, StoreError, Timestamp};
use doorward_session::ClientDigest;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{Digest, ResourceServerRow, decode, stored},
    schema::resource_servers,
    sql::{Sql, Statement},
    steps::audit,
};

#[async_trait]
impl ResourceServers for PgStore {
    async fn list(&self) -> Result<Vec<ResourceServer>, StoreError> {
        self.repeatable(&(), |connection, ()| {
            Box::pin(async {
                let servers =
                    resource_servers::table.order(resource_servers::id).select(ResourceServerRow::as_select());
                let rows: Vec<ResourceServerRow> = servers.load(connection).await?;
                rows.into_iter().map(decode).collect()
            })
        })
        .await
    }

    async fn digest(&self, client: ClientId) -> Result<Option<ClientDigest>, StoreError> {
        self.repeatable(&client, |connection, client| {
            Box::pin(async {
                let digest = resource_servers::table.find(client.as_uuid()).select(resource_servers::digest);
                let found: Option<Vec<u8>> = digest.first(connection).await.optional()?;
                found.map(Digest).map(decode).transpose()
            })
        })
        .await
    }

    async fn add(
        &self,
        server: ResourceServer,
        digest: ClientDigest,
        audit: AuditEvent,
    ) -> Result<AddOutcome, StoreError> {
        self.once(&(server, digest, audit), |connection, (server, digest, audit)| {
            Box::pin(async {
                let done = run(connection, insert(server, digest), audit).await?;
                Ok(if done { AddOutcome::Added } else { AddOutcome::NameTaken })
            })
        })
        .await
    }

    async fn rotate(
        &self,
        client: ClientId,
        digest: ClientDigest,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<ChangeOutcome, StoreError> {
        self.once(&(client, digest, now, audit), |connection, (client, digest, now, audit)| {
            Box::pin(async {
                let rotate =
                    Sql::new("UPDATE resource_servers SET digest = $2, rotated_at = $3 WHERE id = $1 RETURNING id")
                        .bind::<Uuid, _>(client.as_uuid())
                        .bind::<Binary, _>(digest.0.as_slice())
                        .bind::<Timestamptz, _>(stored(*now));
                Ok(changed(run(connection, rotate, audit).await?))
            })
        })
        .await
    }

    async fn remove(&self, client: ClientId, audit: AuditEvent) -> Result<ChangeOutcome, StoreError> {
        self.once(&(client, audit), |connection, (client, audit)| {
            Box::pin(async {
                let remove = Sql::new("DELETE FROM resource_servers WHERE id = $1 RETURNING id")
                    .bind::<Uuid, _>(client.as_uuid());
                Ok(changed(run(connection, remove, audit).await?))
            })
        })
        .await
    }
}

/// Does it and writes the event, or neither; tells which.
async fn run(connection: &mut PgConnection, step: Sql<'_>, event: &AuditEvent) -> QueryResult<bool> {
    let statement = Statement::with("done", step).then(audit::insert(event).guarded_by("done"));
    Ok(statement.execute(connection).await? > 0)
}

const fn changed(is_done: bool) -> ChangeOutcome {
    if is_done { ChangeOutcome::Changed } else { ChangeOutcome::NotFound }
}

fn insert<'a>(server: &'a ResourceServer, digest: &'a ClientDigest) -> Sql<'a> {
    Sql::new(
        "INSERT INTO resource_servers (id, name, digest, created_at, rotated_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (name) DO NOTHING RETURNING id",
    )
    .bind::<Uuid, _>(server.id.as_uuid())
    .bind::<Text, _>(server.name.as_str())
    .bind::<Binary, _>(digest.0.as_slice())
    .bind::<Timestamptz, _>(stored(server.created_at))
    .bind::<Timestamptz, _>(stored(server.rotated_at))
}
