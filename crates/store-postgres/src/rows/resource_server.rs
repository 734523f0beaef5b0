use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_app::clients::{ClientName, ResourceServer};
use doorward_kernel::ClientId;
use doorward_session::ClientDigest;
use uuid::Uuid;

use super::stored::{Undecodable, instant};
use crate::schema::resource_servers;

/// A resource server without its digest.
#[derive(Queryable, Selectable)]
#[diesel(table_name = resource_servers)]
pub(crate) struct ResourceServerRow {
    id: Uuid,
    name: String,
    created_at: PgTimestamp,
    rotated_at: PgTimestamp,
}

/// The digest of a resource server's secret.
pub(crate) struct Digest(pub(crate) Vec<u8>);

impl TryFrom<ResourceServerRow> for ResourceServer {
    type Error = Undecodable;

    fn try_from(row: ResourceServerRow) -> Result<Self, Undecodable> {
        Ok(Self {
            id: ClientId::from_uuid(row.id),
            name: ClientName::parse(&row.name).map_err(|_| Undecodable("name"))?,
            created_at: instant(row.created_at),
            rotated_at: instant(row.rotated_at),
        })
    }
}

impl TryFrom<Digest> for ClientDigest {
    type Error = Undecodable;

    fn try_from(Digest(bytes): Digest) -> Result<Self, Undecodable> {
        bytes.try_into().map(Self).map_err(|_| Undecodable("digest"))
    }
}
