use diesel::{
    data_types::PgTimestamp,
    prelude::{Insertable, Queryable, Selectable},
};
use doorward_app::binding::PendingNumber;
use doorward_kernel::{ChangeId, UserId};
use uuid::Uuid;

use super::stored::{Undecodable, instant, phone, stored};
use crate::schema::pending_numbers;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = pending_numbers)]
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
}

impl TryFrom<PendingNumberRow> for PendingNumber {
    type Error = Undecodable;

    fn try_from(row: PendingNumberRow) -> Result<Self, Undecodable> {
        Ok(Self {
            id: ChangeId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            number: phone(row.phone)?,
            verified_at: instant(row.verified_at),
            due_at: instant(row.due_at),
        })
    }
}
