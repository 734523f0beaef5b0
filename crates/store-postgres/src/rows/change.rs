use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_kernel::{ChangeId, UserId};
use doorward_user::{IdentifierChange, Replaced, UserPhone};
use uuid::Uuid;

use super::stored::{Undecodable, email, instant, phone};
use crate::schema::identifier_changes;

#[derive(Queryable, Selectable)]
#[diesel(table_name = identifier_changes)]
pub(crate) struct ChangeRow {
    id: Uuid,
    user_id: Uuid,
    kind: String,
    old: Option<String>,
    old_verified_at: Option<PgTimestamp>,
    new: String,
    at: PgTimestamp,
}

impl TryFrom<ChangeRow> for IdentifierChange {
    type Error = Undecodable;

    fn try_from(row: ChangeRow) -> Result<Self, Undecodable> {
        let replaced = match (row.kind.as_str(), row.old) {
            ("email", Some(old)) => Replaced::Email { old: email(&old)?, new: email(&row.new)? },
            ("phone", old) => {
                let verified_at = row.old_verified_at.map(instant);
                let old = old.map(phone).transpose()?.map(|number| UserPhone { number, verified_at });
                Replaced::Phone { old, new: phone(row.new)? }
            }
            _ => return Err(Undecodable("kind")),
        };
        Ok(Self {
            id: ChangeId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            replaced,
            at: instant(row.at),
        })
    }
}
