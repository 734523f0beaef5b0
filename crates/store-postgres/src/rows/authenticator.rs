use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_app::totp::Authenticator;
use doorward_kernel::{EpochId, UserId};
use doorward_otp::{SealedSeed, TimeStep};
use uuid::Uuid;

use super::stored::{Undecodable, instant};
use crate::schema::totp_authenticators;

#[derive(Queryable, Selectable)]
#[diesel(table_name = totp_authenticators)]
pub(crate) struct AuthenticatorRow {
    user_id: Uuid,
    seed: Vec<u8>,
    epoch: i32,
    created_at: PgTimestamp,
    confirmed_at: Option<PgTimestamp>,
    last_step: Option<i64>,
}

impl TryFrom<AuthenticatorRow> for Authenticator {
    type Error = Undecodable;

    fn try_from(row: AuthenticatorRow) -> Result<Self, Undecodable> {
        let last_step = row.last_step.map(|step| u64::try_from(step).map(TimeStep)).transpose();
        Ok(Self {
            user: UserId::from_uuid(row.user_id),
            seed: SealedSeed { epoch: EpochId(row.epoch), bytes: row.seed },
            created_at: instant(row.created_at),
            confirmed_at: row.confirmed_at.map(instant),
            last_step: last_step.map_err(|_| Undecodable("last_step"))?,
        })
    }
}
