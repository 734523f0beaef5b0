use diesel::{Insertable, QueryResult, Queryable, QueryableByName, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_kernel::{DeviceGeneration, UserId};
use doorward_user::{LoginRecord, PasswordVerifier, User, UserPhone, UserStatus};
use uuid::Uuid;

use super::words;
use crate::{
    columns::{corrupt, instant, stored},
    schema::users,
    sql::batched,
};

/// An account without its verifier, which only those read who compare it.
#[derive(Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    id: Uuid,
    first_name: String,
    last_name: Option<String>,
    email: String,
    email_key: String,
    phone: Option<String>,
    phone_verified_at: Option<PgTimestamp>,
    locale: String,
    status: String,
    totp_enabled_at: Option<PgTimestamp>,
    device_generation: i64,
    new_device_notified_at: Option<PgTimestamp>,
    phone_used_at: Option<PgTimestamp>,
    created_at: PgTimestamp,
    updated_at: PgTimestamp,
}

/// An account to make.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUserRow {
    #[diesel(embed)]
    user: UserRow,
    verifier: String,
}

batched!(NewUserRow:
    user.id, user.first_name, user.last_name, user.email, user.email_key, user.phone, user.phone_verified_at,
    user.locale, user.status, user.totp_enabled_at, user.device_generation, user.new_device_notified_at,
    user.phone_used_at, user.created_at, user.updated_at, verifier);

impl NewUserRow {
    pub(crate) fn encode(user: &User, verifier: &PasswordVerifier) -> Self {
        Self { user: UserRow::encode(user), verifier: verifier.as_str().to_owned() }
    }
}

impl UserRow {
    fn encode(user: &User) -> Self {
        Self {
            id: user.id.as_uuid(),
            first_name: user.names.first.as_str().to_owned(),
            last_name: user.names.last.as_ref().map(|last| last.as_str().to_owned()),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            phone: user.phone.as_ref().map(|phone| phone.number.as_str().to_owned()),
            phone_verified_at: user.phone.as_ref().and_then(|phone| phone.verified_at).map(stored),
            locale: user.locale.as_str().to_owned(),
            status: user.status.as_str().to_owned(),
            totp_enabled_at: user.totp_enabled_at.map(stored),
            device_generation: user.logins.devices.0.into(),
            new_device_notified_at: user.logins.new_device_notified_at.map(stored),
            phone_used_at: user.logins.number_used_at.map(stored),
            created_at: stored(user.created_at),
            updated_at: stored(user.updated_at),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<User> {
        let verified_at = self.phone_verified_at.map(instant);
        let phone = self.phone.map(|phone| words::phone(phone, "users.phone")).transpose()?;
        let devices = u32::try_from(self.device_generation).map_err(|_| corrupt("users.device_generation"))?;
        let logins = LoginRecord {
            devices: DeviceGeneration(devices),
            new_device_notified_at: self.new_device_notified_at.map(instant),
            number_used_at: self.phone_used_at.map(instant),
        };
        Ok(User {
            id: UserId::from_uuid(self.id),
            names: words::names(self.first_name, self.last_name)?,
            email: words::email(&self.email, "users.email")?,
            phone: phone.map(|number| UserPhone { number, verified_at }),
            locale: words::locale(&self.locale, "users.locale")?,
            status: UserStatus::parse(&self.status).ok_or_else(|| corrupt("users.status"))?,
            totp_enabled_at: self.totp_enabled_at.map(instant),
            logins,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
        })
    }
}
