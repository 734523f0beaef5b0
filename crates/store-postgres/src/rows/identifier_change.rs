use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_kernel::{ChangeId, UserId};
use doorward_user::{IdentifierChange, Replaced, UserPhone};
use uuid::Uuid;

use super::words;
use crate::{
    columns::{corrupt, instant, stored},
    schema::identifier_changes,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = identifier_changes, check_for_backend(Pg), treat_none_as_default_value = false)]
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
            Replaced::Email { old, new } => (words::EMAIL, Some(old.as_str()), None, new.as_str()),
            Replaced::Phone { old, new } => {
                let verified_at = old.as_ref().and_then(|phone| phone.verified_at);
                (words::PHONE, old.as_ref().map(|phone| phone.number.as_str()), verified_at, new.as_str())
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

    pub(crate) fn decode(self) -> QueryResult<IdentifierChange> {
        let replaced = match (self.kind.as_str(), self.old) {
            (words::EMAIL, Some(old)) => Replaced::Email {
                old: words::email(&old, "identifier_changes.old")?,
                new: words::email(&self.new, "identifier_changes.new")?,
            },
            (words::PHONE, old) => {
                let verified_at = self.old_verified_at.map(instant);
                let old = old
                    .map(|old| words::phone(old, "identifier_changes.old"))
                    .transpose()?
                    .map(|number| UserPhone { number, verified_at });
                Replaced::Phone { old, new: words::phone(self.new, "identifier_changes.new")? }
            }
            _ => return Err(corrupt("identifier_changes.kind")),
        };
        Ok(IdentifierChange {
            id: ChangeId::from_uuid(self.id),
            user: UserId::from_uuid(self.user_id),
            replaced,
            at: instant(self.at),
        })
    }
}
