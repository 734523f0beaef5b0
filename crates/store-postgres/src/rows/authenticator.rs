use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_app::totp::{Authenticator, BeginTotp};
use doorward_kernel::{EpochId, UserId};
use doorward_otp::{SealedSeed, TimeStep};
use uuid::Uuid;

use crate::{
    columns::{corrupt, instant, stored},
    schema::totp_authenticators,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = totp_authenticators, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(crate) struct AuthenticatorRow {
    user_id: Uuid,
    seed: Vec<u8>,
    epoch: i32,
    created_at: PgTimestamp,
    confirmed_at: Option<PgTimestamp>,
    last_step: Option<i64>,
    change_id: Option<Uuid>,
}

impl AuthenticatorRow {
    /// One that waits to be confirmed.
    pub(crate) fn waiting(begin: &BeginTotp) -> Self {
        Self {
            user_id: begin.user.as_uuid(),
            seed: begin.seed.bytes.clone(),
            epoch: begin.seed.epoch.0,
            created_at: stored(begin.now),
            confirmed_at: None,
            last_step: None,
            change_id: None,
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Authenticator> {
        let last_step = self.last_step.map(|step| u64::try_from(step).map(TimeStep)).transpose();
        Ok(Authenticator {
            user: UserId::from_uuid(self.user_id),
            seed: SealedSeed { epoch: EpochId(self.epoch), bytes: self.seed },
            created_at: instant(self.created_at),
            confirmed_at: self.confirmed_at.map(instant),
            last_step: last_step.map_err(|_| corrupt("totp_authenticators.last_step"))?,
        })
    }
}
