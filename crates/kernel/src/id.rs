use std::fmt;

use uuid::Uuid;

use crate::{Random, Timestamp};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that a store or a token carried.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Wraps the 16 bytes that a store or a token carried.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id as a UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }

            /// The id as 16 bytes, in network order.
            pub const fn to_bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )*};
}

id! {
    /// Names an account, for ever; never reused and without meaning (a random UUID).
    UserId;
    /// Names one step of a flow: one challenge.
    ChallengeId;
    /// Names a session.
    SessionId;
    /// Names a message in the outbox.
    MessageId;
    /// Names an audit event.
    EventId;
    /// Names a resource server that may ask about tokens.
    ClientId;
    /// Names a change of address or number, for whoever undoes it.
    ChangeId;
}

impl UserId {
    /// Mints a random id (UUID version 4): it tells nothing, not even when it was made.
    pub fn mint(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// Reads the form that is shown; `None` for all that is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl MessageId {
    /// Reads the form that is shown; `None` for all that is no UUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl ClientId {
    /// Reads the form that is shown.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl SessionId {
    /// Reads the form that is shown: a UUID with hyphens, in either case (RFC 9562, section 4).
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self).filter(|id| id.to_string().eq_ignore_ascii_case(text))
    }
}

macro_rules! ordered {
    ($($name:ident)*) => {$(
        impl $name {
            /// Mints an id that sorts by the time it was made (UUID version 7).
            pub fn mint(now: Timestamp, random: &dyn Random) -> Self {
                let mut bytes = [0; 10];
                random.fill(&mut bytes);
                Self(uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &bytes).into_uuid())
            }
        }
    )*};
}

ordered!(ChallengeId SessionId MessageId EventId ClientId ChangeId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_with_hyphens_in_either_case() {
        let id = SessionId::from_bytes([0xab; 16]);
        let text = id.to_string();

        assert_eq!(SessionId::parse(&text), Some(id));
        assert_eq!(SessionId::parse(&text.to_uppercase()), Some(id));
        for other in [text.replace('-', ""), format!("{{{text}}}"), String::new()] {
            assert_eq!(SessionId::parse(&other), None, "{other}");
        }
    }
}
