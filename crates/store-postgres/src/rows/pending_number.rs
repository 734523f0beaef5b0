use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_app::binding::PendingNumber;
use doorward_kernel::{ChangeId, UserId};
use uuid::Uuid;

use super::words;
use crate::{
    columns::{instant, stored},
    schema::pending_numbers,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_numbers, check_for_backend(Pg))]
pub(crate) struct PendingNumberRow {
    id: Uuid,
    user_id: Uuid,
    phone: String,
    verified_at: PgTimestamp,
    due_at: PgTimestamp,
}

impl PendingNumberRow {
    pub(crate) fn encode(pending: &PendingNumber) -> Self {
        Self {
            id: pending.id.as_uuid(),
            user_id: pending.user.as_uuid(),
            phone: pending.number.as_str().to_owned(),
            verified_at: stored(pending.verified_at),
            due_at: stored(pending.due_at),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<PendingNumber> {
        Ok(PendingNumber {
            id: ChangeId::from_uuid(self.id),
            user: UserId::from_uuid(self.user_id),
            number: words::phone(self.phone, "pending_numbers.phone")?,
            verified_at: instant(self.verified_at),
            due_at: instant(self.due_at),
        })
    }
}
