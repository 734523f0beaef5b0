use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_app::binding::PendingNumber;
use doorward_kernel::Timestamp;

use super::words;
use crate::{columns::Id, schema::pending_numbers};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_numbers, check_for_backend(Sqlite))]
pub(crate) struct PendingNumberRow {
    id: Id,
    user_id: Id,
    phone: String,
    verified_at: i64,
    due_at: i64,
}

impl PendingNumberRow {
    pub(crate) fn encode(pending: &PendingNumber) -> Self {
        Self {
            id: pending.id.into(),
            user_id: pending.user.into(),
            phone: pending.number.as_str().to_owned(),
            verified_at: pending.verified_at.as_micros(),
            due_at: pending.due_at.as_micros(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<PendingNumber> {
        Ok(PendingNumber {
            id: self.id.into(),
            user: self.user_id.into(),
            number: words::phone(self.phone, "pending_numbers.phone")?,
            verified_at: Timestamp::from_micros(self.verified_at),
            due_at: Timestamp::from_micros(self.due_at),
        })
    }
}
