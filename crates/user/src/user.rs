use doorward_kernel::{DeviceGeneration, DeviceOwner, EmailAddress, Locale, PhoneNumber, Timestamp, UserId};

use crate::Name;

/// An account; it exists once its address has been verified, never before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Names the account for ever.
    pub id: UserId,
    /// The person's names.
    pub names: Names,
    /// The verified address; no two accounts share one.
    pub email: EmailAddress,
    /// The number, verified or only claimed; `None` after somebody else verified it.
    pub phone: Option<UserPhone>,
    /// The language of the texts sent to the person.
    pub locale: Locale,
    /// Whether the account may be used.
    pub status: UserStatus,
    /// When its authenticator app was confirmed; while `None` it has none, or one that is not confirmed.
    pub totp_enabled_at: Option<Timestamp>,
    /// The traces of its logins.
    pub logins: LoginRecord,
    /// When the address was first verified.
    pub created_at: Timestamp,
    /// When anything of this last changed.
    pub updated_at: Timestamp,
}

/// The traces of an account's logins: its devices, the last notice, the last use of the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginRecord {
    /// Which of its device tokens are good.
    pub devices: DeviceGeneration,
    /// When its owner was last told of a login from a device that it did not know.
    pub new_device_notified_at: Option<Timestamp>,
    /// When one of them last used the number, to the day.
    pub number_used_at: Option<Timestamp>,
}

/// First and last name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The first name, or the only one.
    pub first: Name,
    /// The last name; many people have none.
    pub last: Option<Name>,
}

/// Names to change, each on its own: two changes at once lose neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNames {
    /// The first name from now on; `None` leaves it.
    pub first: Option<Name>,
    /// The last name, as it shall be.
    pub last: NewLastName,
}

/// A change of the last name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NewLastName {
    /// It stays as it is.
    #[default]
    Kept,
    /// There is none from now on.
    Removed,
    /// It is this from now on.
    Changed(Name),
}

impl Names {
    /// The names as one reads them: first, and last if there is one.
    pub fn full(&self) -> String {
        match &self.last {
            Some(last) => format!("{} {}", self.first.as_str(), last.as_str()),
            None => self.first.as_str().to_owned(),
        }
    }
}

impl NewNames {
    /// Returns whether neither changes.
    pub const fn is_empty(&self) -> bool {
        self.first.is_none() && matches!(self.last, NewLastName::Kept)
    }

    /// Returns whether those names become others; a form that is posted whole has them as they are.
    pub fn differ_from(&self, names: &Names) -> bool {
        self.clone().over(names.clone()) != *names
    }

    /// The names after the change.
    #[must_use]
    pub fn over(self, Names { first, last }: Names) -> Names {
        let last = match self.last {
            NewLastName::Kept => last,
            NewLastName::Removed => None,
            NewLastName::Changed(last) => Some(last),
        };
        Names { first: self.first.unwrap_or(first), last }
    }
}

impl From<Names> for NewNames {
    fn from(Names { first, last }: Names) -> Self {
        Self { first: Some(first), last: last.map_or(NewLastName::Removed, NewLastName::Changed) }
    }
}

/// A number an account carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPhone {
    /// The number.
    pub number: PhoneNumber,
    /// When the account's owner verified it; while `None`, others may claim it too.
    pub verified_at: Option<Timestamp>,
}

/// Whether an account may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// It may.
    Active,
    /// An operator has closed it; to outsiders it looks as if it did not exist.
    Disabled,
}

/// A way in that an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// The password.
    Password,
    /// Codes by SMS to a verified number.
    Sms,
    /// An authenticator app.
    Totp,
}

impl User {
    /// Returns whether the account may be used.
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// Returns whether the account carries the number, verified or not.
    pub fn carries(&self, number: &PhoneNumber) -> bool {
        self.phone.as_ref().is_some_and(|phone| phone.number == *number)
    }

    /// Returns whether the account's owner has verified this very number.
    pub fn has_verified(&self, number: &PhoneNumber) -> bool {
        self.verified_number() == Some(number)
    }

    /// The number that its owner has verified.
    pub fn verified_number(&self) -> Option<&PhoneNumber> {
        self.phone.as_ref().filter(|phone| phone.verified_at.is_some()).map(|phone| &phone.number)
    }

    /// Returns when the verified number was last used: by a login, or as it was verified.
    pub fn number_used_at(&self) -> Option<Timestamp> {
        let verified_at = self.phone.as_ref()?.verified_at?;
        Some(self.logins.number_used_at.map_or(verified_at, |used_at| used_at.max(verified_at)))
    }

    /// The account as the one that device tokens are made for.
    pub const fn device_owner(&self) -> DeviceOwner {
        DeviceOwner { user: self.id, generation: self.logins.devices }
    }

    /// The person's names, address and number, which the password must not be made of.
    pub fn user_inputs(&self) -> Vec<String> {
        let phone = self.phone.as_ref().map(|phone| phone.number.as_str());
        let last = self.names.last.as_ref().map(Name::as_str);
        let words = [Some(self.names.first.as_str()), last, Some(self.email.as_str()), phone];
        words.into_iter().flatten().map(str::to_owned).collect()
    }

    /// Returns whether logins need a code of the account's authenticator app.
    pub const fn has_totp(&self) -> bool {
        self.totp_enabled_at.is_some()
    }

    /// The ways in that the account has.
    pub fn factors(&self) -> Vec<Factor> {
        let has_phone = self.verified_number().is_some();
        let factors = [(true, Factor::Password), (has_phone, Factor::Sms), (self.has_totp(), Factor::Totp)];
        factors.into_iter().filter_map(|(has, factor)| has.then_some(factor)).collect()
    }
}

impl UserStatus {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the stable name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.as_str() == text)
    }
}

impl Factor {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Sms => "sms",
            Self::Totp => "totp",
        }
    }
}
