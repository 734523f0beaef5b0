use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_app::clients::{ClientName, ResourceServer};
use doorward_kernel::ClientId;
use uuid::Uuid;

use crate::{
    columns::{corrupt, instant, stored},
    schema::resource_servers,
};

/// A resource server without its digest.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = resource_servers, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(crate) struct ResourceServerRow {
    id: Uuid,
    name: String,
    created_at: PgTimestamp,
    rotated_at: PgTimestamp,
}

impl ResourceServerRow {
    pub(crate) fn encode(server: &ResourceServer) -> Self {
        Self {
            id: server.id.as_uuid(),
            name: server.name.as_str().to_owned(),
            created_at: stored(server.created_at),
            rotated_at: stored(server.rotated_at),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<ResourceServer> {
        Ok(ResourceServer {
            id: ClientId::from_uuid(self.id),
            name: ClientName::parse(&self.name).map_err(|_| corrupt("resource_servers.name"))?,
            created_at: instant(self.created_at),
            rotated_at: instant(self.rotated_at),
        })
    }
}
