use diesel::{
    data_types::PgTimestamp,
    prelude::{Insertable, Queryable, Selectable},
};
use doorward_app::{
    factors::Outranked,
    totp::{Due, PendingAuthenticator},
};
use doorward_kernel::{ChangeId, EpochId, UserId};
use doorward_otp::{SealedSeed, TimeStep};
use uuid::Uuid;

use super::stored::{Undecodable, instant, stored, stored_step};
use crate::schema::pending_authenticators;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_authenticators, treat_none_as_default_value = false)]
pub(crate) struct PendingAuthenticatorRow {
    id: Uuid,
    user_id: Uuid,
    seed: Vec<u8>,
    epoch: i32,
    begun_at: PgTimestamp,
    due_at: Option<PgTimestamp>,
    step: Option<i64>,
    replaces: Option<String>,
}

impl PendingAuthenticatorRow {
    pub(crate) fn encode(pending: &PendingAuthenticator) -> Self {
        Self {
            id: pending.id.as_uuid(),
            user_id: pending.user.as_uuid(),
            seed: pending.seed.bytes.clone(),
            epoch: pending.seed.epoch.0,
            begun_at: stored(pending.begun_at),
            due_at: pending.due.map(|due| stored(due.at)),
            step: pending.due.map(|due| stored_step(due.step)),
            replaces: pending.replaces.map(|factor| factor.as_str().to_owned()),
        }
    }
}

impl TryFrom<PendingAuthenticatorRow> for PendingAuthenticator {
    type Error = Undecodable;

    fn try_from(row: PendingAuthenticatorRow) -> Result<Self, Undecodable> {
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
