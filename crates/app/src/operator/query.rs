use doorward_kernel::{Country, EmailAddress, PhoneNumber, UserId, typed_text};

/// The id, address or number by which an operator selects an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserQuery {
    /// Its id.
    Id(UserId),
    /// Its address.
    Email(EmailAddress),
    /// A number that it carries.
    Phone(PhoneNumber),
}

/// A text that names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an id, an address or a number")]
pub struct UserQueryError;

impl UserQuery {
    /// Reads what an operator typed; numbers without `+` are read as those of `default_region`.
    pub fn parse(text: &str, default_region: Option<Country>) -> Result<Self, UserQueryError> {
        if let Some(id) = UserId::parse(typed_text::trim(text)) {
            return Ok(Self::Id(id));
        }
        if text.contains('@') {
            return EmailAddress::parse(text).map(Self::Email).map_err(|_| UserQueryError);
        }
        PhoneNumber::parse(text, default_region).map(Self::Phone).map_err(|_| UserQueryError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_id_address_or_number() {
        let id = UserId::from_bytes([7; 16]);

        assert_eq!(UserQuery::parse(&id.to_string(), None), Ok(UserQuery::Id(id)));
        assert_eq!(UserQuery::parse(&format!("\u{feff}{id}\u{a0}\r\n"), None), Ok(UserQuery::Id(id)));
        assert!(matches!(UserQuery::parse("Ada@example.com", None), Ok(UserQuery::Email(_))));
        assert!(matches!(UserQuery::parse("+1 415 555 2671", None), Ok(UserQuery::Phone(_))));
        for text in ["", "ada", "ada@", "12", "4155552671"] {
            assert_eq!(UserQuery::parse(text, None), Err(UserQueryError), "{text}");
        }
    }
}
