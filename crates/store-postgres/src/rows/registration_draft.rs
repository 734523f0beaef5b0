use diesel::prelude::{Queryable, Selectable};
use doorward_app::registration::Draft;
use doorward_kernel::UserId;
use doorward_user::PasswordVerifier;
use uuid::Uuid;

use super::stored::{Undecodable, email, locale, names, phone};
use crate::schema::registration_drafts;

#[derive(Queryable, Selectable)]
#[diesel(table_name = registration_drafts)]
pub(crate) struct DraftRow {
    user_id: Uuid,
    first_name: String,
    last_name: Option<String>,
    email: String,
    phone: String,
    locale: String,
    verifier: String,
}

impl TryFrom<DraftRow> for Draft {
    type Error = Undecodable;

    fn try_from(row: DraftRow) -> Result<Self, Undecodable> {
        Ok(Self {
            user: UserId::from_uuid(row.user_id),
            names: names(row.first_name, row.last_name)?,
            email: email(&row.email)?,
            phone: phone(row.phone)?,
            locale: locale(&row.locale)?,
            verifier: PasswordVerifier::from_text(row.verifier),
        })
    }
}
