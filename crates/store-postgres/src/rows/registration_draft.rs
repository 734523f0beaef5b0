use diesel::{QueryResult, Queryable, Selectable, pg::Pg};
use doorward_app::registration::Draft;
use doorward_kernel::{ChallengeId, UserId};
use doorward_user::PasswordVerifier;
use uuid::Uuid;

use super::words;
use crate::{schema::registration_drafts, sql::batched};

#[derive(Queryable, Selectable)]
#[diesel(table_name = registration_drafts, check_for_backend(Pg))]
pub(crate) struct DraftRow {
    challenge_id: Uuid,
    user_id: Uuid,
    first_name: String,
    last_name: Option<String>,
    email: String,
    email_key: String,
    phone: String,
    locale: String,
    verifier: String,
}

batched!(DraftRow: challenge_id, user_id, first_name, last_name, email, email_key, phone, locale, verifier);

impl DraftRow {
    pub(crate) fn encode(challenge: ChallengeId, draft: &Draft) -> Self {
        Self {
            challenge_id: challenge.as_uuid(),
            user_id: draft.user.as_uuid(),
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
            user: UserId::from_uuid(self.user_id),
            names: words::names(self.first_name, self.last_name)?,
            email: words::email(&self.email, "registration_drafts.email")?,
            phone: words::phone(self.phone, "registration_drafts.phone")?,
            locale: words::locale(&self.locale, "registration_drafts.locale")?,
            verifier: PasswordVerifier::from_text(self.verifier),
        })
    }
}
