use diesel::{
    data_types::PgTimestamp,
    prelude::{Insertable, Queryable, Selectable},
};
use doorward_kernel::{ChangeId, UserId};
use doorward_user::{IdentifierChange, Replaced, UserPhone};
use uuid::Uuid;

use super::stored::{Undecodable, email, instant, phone, stored};
use crate::schema::identifier_changes;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = identifier_changes, treat_none_as_default_value = false)]
pub(crate) struct ChangeRow {
    id: Uuid,
    user_id: Uuid,
    kind: String,
    old: Option<String>,
    old_verified_at: Option<PgTimestamp>,
    new: String,
    at: PgTimestamp,
}

impl ChangeRow {
    pub(crate) fn encode(change: &IdentifierChange) -> Self {
        let (kind, old, old_verified_at, new) = match &change.replaced {
            Replaced::Email { old, new } => ("email", Some(old.as_str()), None, new.as_str()),
            Replaced::Phone { old, new } => {
                let verified_at = old.as_ref().and_then(|phone| phone.verified_at);
                ("phone", old.as_ref().map(|phone| phone.number.as_str()), verified_at, new.as_str())
            }
        };
        Self {
            id: change.id.as_uuid(),
            user_id: change.user.as_uuid(),
            kind: kind.to_owned(),
            old: old.map(str::to_owned),
            old_verified_at: old_verified_at.map(stored),
            new: new.to_owned(),
            at: stored(change.at),
        }
    }
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
