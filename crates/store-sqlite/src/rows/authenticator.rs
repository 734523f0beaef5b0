use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_app::totp::{Authenticator, BeginTotp};
use doorward_kernel::{EpochId, Timestamp};
use doorward_otp::{SealedSeed, TimeStep};

use crate::{
    columns::{Id, corrupt},
    schema::totp_authenticators,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = totp_authenticators, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct AuthenticatorRow {
    user_id: Id,
    seed: Vec<u8>,
    epoch: i32,
    created_at: i64,
    confirmed_at: Option<i64>,
    last_step: Option<i64>,
    change_id: Option<Id>,
}

impl AuthenticatorRow {
    /// One that waits to be confirmed.
    pub(crate) fn waiting(begin: &BeginTotp) -> Self {
        Self {
            user_id: begin.user.into(),
            seed: begin.seed.bytes.clone(),
            epoch: begin.seed.epoch.0,
            created_at: begin.now.as_micros(),
            confirmed_at: None,
            last_step: None,
            change_id: None,
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Authenticator> {
        let last_step = self.last_step.map(|step| u64::try_from(step).map(TimeStep)).transpose();
        Ok(Authenticator {
            user: self.user_id.into(),
            seed: SealedSeed { epoch: EpochId(self.epoch), bytes: self.seed },
            created_at: Timestamp::from_micros(self.created_at),
            confirmed_at: self.confirmed_at.map(Timestamp::from_micros),
            last_step: last_step.map_err(|_| corrupt("totp_authenticators.last_step"))?,
        })
    }
}
