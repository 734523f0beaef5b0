use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_app::clients::{ClientName, ResourceServer};
use doorward_kernel::Timestamp;

use crate::{
    columns::{Id, corrupt},
    schema::resource_servers,
};

/// A resource server without its digest.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = resource_servers, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct ResourceServerRow {
    id: Id,
    name: String,
    created_at: i64,
    rotated_at: i64,
}

impl ResourceServerRow {
    pub(crate) fn encode(server: &ResourceServer) -> Self {
        Self {
            id: server.id.into(),
            name: server.name.as_str().to_owned(),
            created_at: server.created_at.as_micros(),
            rotated_at: server.rotated_at.as_micros(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<ResourceServer> {
        Ok(ResourceServer {
            id: self.id.into(),
            name: ClientName::parse(&self.name).map_err(|_| corrupt("resource_servers.name"))?,
            created_at: Timestamp::from_micros(self.created_at),
            rotated_at: Timestamp::from_micros(self.rotated_at),
        })
    }
}
