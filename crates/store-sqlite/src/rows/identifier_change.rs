use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_kernel::Timestamp;
use doorward_user::{IdentifierChange, Replaced, UserPhone};

use super::words;
use crate::{
    columns::{Id, corrupt, micros},
    schema::identifier_changes,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = identifier_changes, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct ChangeRow {
    id: Id,
    user_id: Id,
    kind: String,
    old: Option<String>,
    old_verified_at: Option<i64>,
    new: String,
    at: i64,
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
            id: change.id.into(),
            user_id: change.user.into(),
            kind: kind.to_owned(),
            old: old.map(str::to_owned),
            old_verified_at: micros(old_verified_at),
            new: new.to_owned(),
            at: change.at.as_micros(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<IdentifierChange> {
        let replaced = match (self.kind.as_str(), self.old) {
            (words::EMAIL, Some(old)) => Replaced::Email {
                old: words::email(&old, "identifier_changes.old")?,
                new: words::email(&self.new, "identifier_changes.new")?,
            },
            (words::PHONE, old) => {
                let verified_at = self.old_verified_at.map(Timestamp::from_micros);
                let old = old
                    .map(|old| words::phone(old, "identifier_changes.old"))
                    .transpose()?
                    .map(|number| UserPhone { number, verified_at });
                Replaced::Phone { old, new: words::phone(self.new, "identifier_changes.new")? }
            }
            _ => return Err(corrupt("identifier_changes.kind")),
        };
        Ok(IdentifierChange {
            id: self.id.into(),
            user: self.user_id.into(),
            replaced,
            at: Timestamp::from_micros(self.at),
        })
    }
}
