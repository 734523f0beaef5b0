use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_kernel::{DeviceGeneration, Timestamp};
use doorward_user::{LoginRecord, User, UserPhone, UserStatus};

use super::words;
use crate::{
    columns::{Id, corrupt, micros},
    schema::users,
};

/// An account without its verifier, which only those read who compare it.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    id: Id,
    first_name: String,
    last_name: Option<String>,
    email: String,
    email_key: String,
    phone: Option<String>,
    phone_verified_at: Option<i64>,
    locale: String,
    status: String,
    totp_enabled_at: Option<i64>,
    device_generation: i64,
    new_device_notified_at: Option<i64>,
    phone_used_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl UserRow {
    pub(crate) fn encode(user: &User) -> Self {
        Self {
            id: user.id.into(),
            first_name: user.names.first.as_str().to_owned(),
            last_name: user.names.last.as_ref().map(|last| last.as_str().to_owned()),
            email: user.email.as_str().to_owned(),
            email_key: user.email.key().to_owned(),
            phone: user.phone.as_ref().map(|phone| phone.number.as_str().to_owned()),
            phone_verified_at: micros(user.phone.as_ref().and_then(|phone| phone.verified_at)),
            locale: user.locale.as_str().to_owned(),
            status: user.status.as_str().to_owned(),
            totp_enabled_at: micros(user.totp_enabled_at),
            device_generation: user.logins.devices.0.into(),
            new_device_notified_at: micros(user.logins.new_device_notified_at),
            phone_used_at: micros(user.logins.number_used_at),
            created_at: user.created_at.as_micros(),
            updated_at: user.updated_at.as_micros(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<User> {
        let verified_at = self.phone_verified_at.map(Timestamp::from_micros);
        let phone = self.phone.map(|phone| words::phone(phone, "users.phone")).transpose()?;
        let devices = u32::try_from(self.device_generation).map_err(|_| corrupt("users.device_generation"))?;
        let logins = LoginRecord {
            devices: DeviceGeneration(devices),
            new_device_notified_at: self.new_device_notified_at.map(Timestamp::from_micros),
            number_used_at: self.phone_used_at.map(Timestamp::from_micros),
        };
        Ok(User {
            id: self.id.into(),
            names: words::names(self.first_name, self.last_name)?,
            email: words::email(&self.email, "users.email")?,
            phone: phone.map(|number| UserPhone { number, verified_at }),
            locale: words::locale(&self.locale, "users.locale")?,
            status: UserStatus::parse(&self.status).ok_or_else(|| corrupt("users.status"))?,
            totp_enabled_at: self.totp_enabled_at.map(Timestamp::from_micros),
            logins,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}
