use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_app::registration::Draft;
use doorward_kernel::ChallengeId;
use doorward_user::PasswordVerifier;

use super::words;
use crate::{columns::Id, schema::registration_drafts};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = registration_drafts, check_for_backend(Sqlite))]
pub(crate) struct DraftRow {
    challenge_id: Id,
    user_id: Id,
    first_name: String,
    last_name: Option<String>,
    email: String,
    email_key: String,
    phone: String,
    locale: String,
    verifier: String,
}

impl DraftRow {
    pub(crate) fn encode(challenge: ChallengeId, draft: &Draft) -> Self {
        Self {
            challenge_id: challenge.into(),
            user_id: draft.user.into(),
            first_name: draft.names.first.as_str().to_owned(),
            last_name: draft.names.last.as_ref().map(|last| last.as_str().to_owned()),
            email: draft.email.as_str().to_owned(),
            email_key: draft.email.key().to_owned(),
            phone: draft.phone.as_str().to_owned(),
            locale: draft.locale.as_str().to_owned(),
            verifier: draft.verifier.as_str().to_owned(),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Draft> {
        Ok(Draft {
            user: self.user_id.into(),
            names: words::names(self.first_name, self.last_name)?,
            email: words::email(&self.email, "registration_drafts.email")?,
            phone: words::phone(self.phone, "registration_drafts.phone")?,
            locale: words::locale(&self.locale, "registration_drafts.locale")?,
            verifier: PasswordVerifier::from_text(self.verifier),
        })
    }
}
