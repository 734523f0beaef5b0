use doorward_user::User;
use serde::Serialize;
use utoipa::ToSchema;

use super::texts::{FactorText, StatusText};

/// An account, as its owner sees it.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// Names the account for ever.
    #[schema(format = "uuid", example = "01890a5d-ac96-774b-bcce-b302099a8057")]
    pub id: String,
    /// The first name.
    #[schema(example = "Ada")]
    pub first_name: String,
    /// The last name; `null` for people who have one name.
    #[schema(required = true, example = "Lovelace")]
    pub last_name: Option<String>,
    /// The address.
    #[schema(format = Email, example = "ada@example.com")]
    pub email: String,
    /// Whether the address was verified; no account exists before it was.
    pub email_verified: bool,
    /// The number, in E.164 form; `null` after somebody else has verified it.
    #[schema(required = true, example = "+14155552671")]
    pub phone_number: Option<String>,
    /// Whether the number was verified.
    pub phone_verified: bool,
    /// The language of the texts sent to the owner (BCP 47).
    #[schema(example = "en")]
    pub locale: &'static str,
    /// Whether the account may be used.
    #[schema(value_type = StatusText, example = "active")]
    pub status: &'static str,
    /// When the account came into being.
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    pub created_at: String,
    /// When anything of this last changed.
    #[schema(format = DateTime, example = "2026-01-01T00:00:00Z")]
    pub updated_at: String,
    /// The ways in.
    #[schema(value_type = Vec<FactorText>, example = json!(["password", "sms"]))]
    pub factors: Vec<&'static str>,
}

/// An answer that tells of an account and nothing else.
#[derive(Clone, Serialize, ToSchema)]
pub struct UserAnswer {
    /// The account.
    pub user: UserView,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            first_name: user.names.first.as_str().to_owned(),
            last_name: user.names.last.as_ref().map(|last| last.as_str().to_owned()),
            email: user.email.as_str().to_owned(),
            email_verified: true,
            phone_number: user.phone.as_ref().map(|phone| phone.number.as_str().to_owned()),
            phone_verified: user.phone.as_ref().is_some_and(|phone| phone.verified_at.is_some()),
            locale: user.locale.as_str(),
            status: user.status.as_str(),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
            factors: user.factors().into_iter().map(doorward_user::Factor::as_str).collect(),
        }
    }
}

impl From<&User> for UserAnswer {
    fn from(user: &User) -> Self {
        Self { user: user.into() }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{EmailAddress, Locale, PhoneNumber, Timestamp, UserId};
    use doorward_user::{LoginRecord, Name, Names, UserPhone, UserStatus};
    use serde_json::json;

    use super::*;

    fn user() -> User {
        User {
            id: UserId::from_bytes([0x11; 16]),
            names: Names { first: Name::parse("Ada").unwrap(), last: Name::parse("Lovelace").ok() },
            email: EmailAddress::parse("ada@example.com").unwrap(),
            phone: Some(UserPhone {
                number: PhoneNumber::parse("+14155552671", None).unwrap(),
                verified_at: Some(Timestamp::from_micros(0)),
            }),
            locale: Locale::En,
            status: UserStatus::Active,
            totp_enabled_at: None,
            logins: LoginRecord::default(),
            created_at: Timestamp::from_micros(1_764_054_000_000_000),
            updated_at: Timestamp::from_micros(1_764_054_000_500_000),
        }
    }

    #[test]
    fn an_account_is_shown_as_the_contract_says() {
        let shown = serde_json::to_value(UserView::from(&user())).unwrap();

        let expected = json!({
            "id": "11111111-1111-1111-1111-111111111111",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.com",
            "email_verified": true,
            "phone_number": "+14155552671",
            "phone_verified": true,
            "locale": "en",
            "status": "active",
            "created_at": "2025-11-25T07:00:00Z",
            "updated_at": "2025-11-25T07:00:00.5Z",
            "factors": ["password", "sms"],
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_last_name_that_there_is_not_is_null() {
        let names = Names { last: None, ..user().names };

        let shown = serde_json::to_value(UserView::from(&User { names, ..user() })).unwrap();

        assert_eq!((&shown["first_name"], &shown["last_name"]), (&json!("Ada"), &json!(null)));
    }

    #[test]
    fn a_number_that_is_gone_is_null() {
        let shown = serde_json::to_value(UserView::from(&User { phone: None, ..user() })).unwrap();

        assert_eq!(shown["phone_number"], json!(null));
        assert_eq!(shown["phone_verified"], json!(false));
        assert_eq!(shown["factors"], json!(["password"]));
    }
}
