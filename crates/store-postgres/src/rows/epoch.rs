use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_kernel::{EpochId, KeyEpoch};

use super::stored::{Undecodable, instant};
use crate::schema::key_epochs;

#[derive(Queryable, Selectable)]
#[diesel(table_name = key_epochs)]
pub(crate) struct EpochRow {
    id: i32,
    salt: Vec<u8>,
    not_before: PgTimestamp,
    retired_at: Option<PgTimestamp>,
    root_check: Option<Vec<u8>>,
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
