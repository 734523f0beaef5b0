use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, QueryableByName, Selectable},
};
use doorward_kernel::{DeviceGeneration, UserId};
use doorward_user::{LoginRecord, User, UserPhone, UserStatus};
use uuid::Uuid;

use super::stored::{Undecodable, email, instant, locale, names, phone};
use crate::schema::users;

/// An account without its verifier.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    id: Uuid,
    first_name: String,
    last_name: Option<String>,
    email: String,
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

impl TryFrom<UserRow> for User {
    type Error = Undecodable;

    fn try_from(row: UserRow) -> Result<Self, Undecodable> {
        let verified_at = row.phone_verified_at.map(instant);
        let phone = row.phone.map(|number| Ok(UserPhone { number: phone(number)?, verified_at })).transpose()?;
        let devices = u32::try_from(row.device_generation).map_err(|_| Undecodable("device_generation"))?;
        let logins = LoginRecord {
            devices: DeviceGeneration(devices),
            new_device_notified_at: row.new_device_notified_at.map(instant),
            number_used_at: row.phone_used_at.map(instant),
        };
        Ok(Self {
            id: UserId::from_uuid(row.id),
            names: names(row.first_name, row.last_name)?,
            email: email(&row.email)?,
            phone,
            locale: locale(&row.locale)?,
            status: UserStatus::parse(&row.status).ok_or(Undecodable("status"))?,
            totp_enabled_at: row.totp_enabled_at.map(instant),
            logins,
            created_at: instant(row.created_at),
            updated_at: instant(row.updated_at),
        })
    }
}
