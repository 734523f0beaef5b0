use doorward_kernel::{EmailAddress, PhoneNumber};

/// The address or number a code is sent to, as it was when the flow started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address.
    Email(EmailAddress),
    /// A number.
    Phone(PhoneNumber),
}

impl Target {
    /// The canonical text: the address's key or the number, which codes are derived for.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.key(),
            Self::Phone(number) => number.as_str(),
        }
    }

    /// The target as clients may see it.
    pub fn masked(&self) -> String {
        match self {
            Self::Email(email) => email.masked(),
            Self::Phone(number) => number.masked(),
        }
    }

    /// The number, where it is one.
    pub const fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            Self::Email(_) => None,
        }
    }

    /// The address, where it is one.
    pub const fn email(&self) -> Option<&EmailAddress> {
        match self {
            Self::Email(email) => Some(email),
            Self::Phone(_) => None,
        }
    }
}
