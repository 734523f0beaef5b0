use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_kernel::{EpochId, KeyEpoch};

use crate::{
    columns::{corrupt, instant, stored},
    schema::key_epochs,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = key_epochs, check_for_backend(Pg), treat_none_as_default_value = false)]
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

    pub(crate) fn decode(self) -> QueryResult<KeyEpoch> {
        Ok(KeyEpoch {
            id: EpochId(self.id),
            salt: self.salt.try_into().map_err(|_| corrupt("key_epochs.salt"))?,
            root_check: self
                .root_check
                .map(|check| check.try_into().map_err(|_| corrupt("key_epochs.root_check")))
                .transpose()?,
            not_before: instant(self.not_before),
            retired_at: self.retired_at.map(instant),
        })
    }
}
