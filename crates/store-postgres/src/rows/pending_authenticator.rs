use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_app::{
    factors::Outranked,
    totp::{Due, PendingAuthenticator},
};
use doorward_kernel::{ChangeId, EpochId, UserId};
use doorward_otp::{SealedSeed, TimeStep};
use uuid::Uuid;

use crate::{
    columns::{corrupt, instant, stored, stored_step},
    schema::pending_authenticators,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_authenticators, check_for_backend(Pg), treat_none_as_default_value = false)]
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

    pub(crate) fn decode(self) -> QueryResult<PendingAuthenticator> {
        let step = self.step.map(|step| u64::try_from(step).map(TimeStep)).transpose();
        let step = step.map_err(|_| corrupt("pending_authenticators.step"))?;
        let due_at = self.due_at.map(instant);
        let outranked = |text: String| Outranked::parse(&text).ok_or(corrupt("pending_authenticators.replaces"));
        Ok(PendingAuthenticator {
            id: ChangeId::from_uuid(self.id),
            user: UserId::from_uuid(self.user_id),
            seed: SealedSeed { epoch: EpochId(self.epoch), bytes: self.seed },
            replaces: self.replaces.map(outranked).transpose()?,
            begun_at: instant(self.begun_at),
            due: step.zip(due_at).map(|(step, at)| Due { step, at }),
        })
    }
}
