use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_app::{
    binding::{Due, HeldApp},
    factors::Outranked,
};
use doorward_kernel::{ChangeId, EpochId, UserId};
use doorward_otp::{SealedSeed, TimeStep};
use uuid::Uuid;

use super::stored::{Undecodable, instant};
use crate::schema::held_authenticators;

#[derive(Queryable, Selectable)]
#[diesel(table_name = held_authenticators)]
pub(crate) struct HeldAppRow {
    id: Uuid,
    user_id: Uuid,
    seed: Vec<u8>,
    epoch: i32,
    begun_at: PgTimestamp,
    due_at: Option<PgTimestamp>,
    step: Option<i64>,
    replaces: Option<String>,
}

impl TryFrom<HeldAppRow> for HeldApp {
    type Error = Undecodable;

    fn try_from(row: HeldAppRow) -> Result<Self, Undecodable> {
        let step = row.step.map(|step| u64::try_from(step).map(TimeStep)).transpose();
        let step = step.map_err(|_| Undecodable("step"))?;
        let outranked = |text: String| Outranked::parse(&text).ok_or(Undecodable("replaces"));
        let replaces = row.replaces.map(outranked).transpose()?;
        Ok(Self {
            id: ChangeId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            seed: SealedSeed { epoch: EpochId(row.epoch), bytes: row.seed },
            replaces,
            begun_at: instant(row.begun_at),
            due: step.zip(row.due_at.map(instant)).map(|(step, at)| Due { step, at }),
        })
    }
}
