use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_app::{
    factors::Outranked,
    totp::{Due, PendingAuthenticator},
};
use doorward_kernel::{EpochId, Timestamp};
use doorward_otp::{SealedSeed, TimeStep};

use crate::{
    columns::{Id, corrupt, micros, stored_step},
    schema::pending_authenticators,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_authenticators, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct PendingAuthenticatorRow {
    id: Id,
    user_id: Id,
    seed: Vec<u8>,
    epoch: i32,
    begun_at: i64,
    due_at: Option<i64>,
    step: Option<i64>,
    replaces: Option<String>,
}

impl PendingAuthenticatorRow {
    pub(crate) fn encode(pending: &PendingAuthenticator) -> Self {
        Self {
            id: pending.id.into(),
            user_id: pending.user.into(),
            seed: pending.seed.bytes.clone(),
            epoch: pending.seed.epoch.0,
            begun_at: pending.begun_at.as_micros(),
            due_at: micros(pending.due.map(|due| due.at)),
            step: pending.due.map(|due| stored_step(due.step)),
            replaces: pending.replaces.map(|factor| factor.as_str().to_owned()),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<PendingAuthenticator> {
        let step = self.step.map(|step| u64::try_from(step).map(TimeStep)).transpose();
        let step = step.map_err(|_| corrupt("pending_authenticators.step"))?;
        let due_at = self.due_at.map(Timestamp::from_micros);
        let outranked = |text: String| Outranked::parse(&text).ok_or(corrupt("pending_authenticators.replaces"));
        Ok(PendingAuthenticator {
            id: self.id.into(),
            user: self.user_id.into(),
            seed: SealedSeed { epoch: EpochId(self.epoch), bytes: self.seed },
            replaces: self.replaces.map(outranked).transpose()?,
            begun_at: Timestamp::from_micros(self.begun_at),
            due: step.zip(due_at).map(|(step, at)| Due { step, at }),
        })
    }
}
