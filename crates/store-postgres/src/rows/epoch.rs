use diesel::{
    data_types::PgTimestamp,
    prelude::{Insertable, Queryable, Selectable},
};
use doorward_kernel::{EpochId, KeyEpoch};

use super::stored::{Undecodable, instant, stored};
use crate::schema::key_epochs;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = key_epochs, treat_none_as_default_value = false)]
pub(crate) struct EpochRow {
    id: i32,
    salt: Vec<u8>,
    not_before: PgTimestamp,
    retired_at: Option<PgTimestamp>,
    root_check: Option<Vec<u8>>,
}

impl EpochRow {
    pub(crate) fn encode(epoch: &KeyEpoch) -> Self {
        Self {
            id: epoch.id.0,
            salt: epoch.salt.to_vec(),
            not_before: stored(epoch.not_before),
            retired_at: epoch.retired_at.map(stored),
            root_check: epoch.root_check.map(|check| check.to_vec()),
        }
    }
}

impl TryFrom<EpochRow> for KeyEpoch {
    type Error = Undecodable;

    fn try_from(row: EpochRow) -> Result<Self, Undecodable> {
        Ok(Self {
            id: EpochId(row.id),
            salt: row.salt.try_into().map_err(|_| Undecodable("salt"))?,
            root_check: row
                .root_check
                .map(|check| check.try_into().map_err(|_| Undecodable("root_check")))
                .transpose()?,
            not_before: instant(row.not_before),
            retired_at: row.retired_at.map(instant),
        })
    }
}
