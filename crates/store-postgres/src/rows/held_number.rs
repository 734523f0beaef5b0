use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_app::binding::HeldNumber;
use doorward_kernel::{ChangeId, UserId};
use uuid::Uuid;

use super::stored::{Undecodable, instant, phone};
use crate::schema::held_numbers;

#[derive(Queryable, Selectable)]
#[diesel(table_name = held_numbers)]
pub(crate) struct HeldNumberRow {
    id: Uuid,
    user_id: Uuid,
    phone: String,
    proved_at: PgTimestamp,
    due_at: PgTimestamp,
}

impl TryFrom<HeldNumberRow> for HeldNumber {
    type Error = Undecodable;

    fn try_from(row: HeldNumberRow) -> Result<Self, Undecodable> {
        Ok(Self {
            id: ChangeId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            number: phone(row.phone)?,
            proved_at: instant(row.proved_at),
            due_at: instant(row.due_at),
        })
    }
}
