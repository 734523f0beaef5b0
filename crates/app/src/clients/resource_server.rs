use std::fmt;

use doorward_kernel::{ClientId, Timestamp};

/// The longest name, in characters.
const MAX: usize = 64;

/// A service that serves our users and may ask about their tokens (RFC 7662, section 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceServer {
    /// Names it in calls: the user name of its Basic authentication.
    pub id: ClientId,
    /// Names it to operators.
    pub name: ClientName,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it got the secret that it has now.
    pub rotated_at: Timestamp,
}

/// The name of a resource server: letters, digits, `.`, `_` and `-`, at most 64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientName(String);

/// Why a text is no name of a resource server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 letters, digits, dots, dashes and underscores")]
pub struct ClientNameError;

impl ClientName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, ClientNameError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let is_name = (1..=MAX).contains(&text.len()) && text.chars().all(is_plain);
        if is_name { Ok(Self(text.to_owned())) } else { Err(ClientNameError) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        assert_eq!(ClientName::parse("orders-service.v2").unwrap().as_str(), "orders-service.v2");
        for text in ["", "a b", "ä", "a\n", &"a".repeat(65)] {
            assert_eq!(ClientName::parse(text), Err(ClientNameError), "{text:?}");
        }
    }
}
