use doorward_kernel::{EmailAddress, PhoneNumber, SessionId, UserId};
use doorward_otp::{Challenge, Channel, KnownDevice, Purpose, Step, Subject, Target};
use doorward_user::User;

/// The secret that is tried. Failures belong to it, not to the name it was tried by: whoever gets a name begins clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Password(UserId),
    /// The password of a name that no account has: counted and refused like any other.
    NobodysPassword(Target),
    /// The authenticator app of an account.
    Totp(UserId),
    /// Codes to the number of an account.
    Phone {
        user: UserId,
        number: PhoneNumber,
    },
    /// Codes to the address of an account.
    Mail {
        user: UserId,
        email: EmailAddress,
    },
    /// Codes to an address or number that somebody claims, or that nobody has.
    Claim(Target),
}

/// The caller who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriedBy {
    Stranger,
    /// Somebody who logs in to an account that carries a number and has not verified it, whichever account that is.
    Claimant,
    /// Somebody who has given the right password of the account just before.
    RightPassword,
    /// A device that the owner has logged in with.
    Device(KnownDevice),
    /// A session of the account.
    Session(SessionId),
}

impl Tried {
    /// The password of the account that has the name, if one has.
    pub(crate) fn password(name: &Target, owner: Option<UserId>) -> Self {
        owner.map_or_else(|| Self::NobodysPassword(name.clone()), Self::Password)
    }

    /// Codes to an address or number of an account.
    pub(crate) fn sent_to(user: UserId, target: &Target) -> Self {
        match target {
            Target::Phone(number) => Self::Phone { user, number: number.clone() },
            Target::Email(email) => Self::Mail { user, email: email.clone() },
        }
    }

    /// Returns the secret that the code of a challenge is tried at; `None` where no code is asked for.
    ///
    /// A number that the account has not verified is only claimed, by as many accounts as like: it is tried as a whole.
    pub(super) fn of(challenge: &Challenge, account: Option<&User>) -> Option<Self> {
        let user = match challenge.subject {
            Subject::Account(user) => Some(user),
            Subject::Unclaimed | Subject::Withheld(_) | Subject::Decoy => None,
        };
        let has_verified = |number| account.is_some_and(|account| account.has_verified(number));
        let is_claimed = challenge.target.phone().is_some_and(|number| !has_verified(number));
        // What is to become an account's is nobody's yet, whichever account asks for it. The mailed code
        // of the way back goes to the address on file: who registers with it must not shut that way.
        let owner = match (challenge.purpose, challenge.step) {
            (Purpose::Login | Purpose::StepUp | Purpose::ResetPassword, _) | (Purpose::Bind, Step::EmailCode) => user,
            (Purpose::Register | Purpose::ChangeEmail | Purpose::ChangePhone | Purpose::Bind, _) => None,
        };
        match (challenge.step, owner) {
            (Step::Totp, Some(user)) => Some(Self::Totp(user)),
            (step, _) if !step.is_code() => None,
            (_, Some(user)) if !is_claimed => Some(Self::sent_to(user, &challenge.target)),
            (_, Some(_) | None) => Some(Self::Claim(challenge.target.clone())),
        }
    }

    /// Returns the subject by which its failures are counted.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Password(user) => format!("password {user}"),
            Self::NobodysPassword(name) => format!("password of {}", name.as_str()),
            Self::Totp(user) => format!("totp {user}"),
            Self::Phone { user, number } => format!("phone {user} {}", number.as_str()),
            Self::Mail { user, email } => format!("mail {user} {}", email.key()),
            Self::Claim(target) => format!("claim {}", target.as_str()),
        }
    }

    /// The user it belongs to.
    pub(super) const fn user(&self) -> Option<UserId> {
        match self {
            Self::Password(user) | Self::Totp(user) | Self::Phone { user, .. } | Self::Mail { user, .. } => Some(*user),
            Self::NobodysPassword(_) | Self::Claim(_) => None,
        }
    }

    pub(super) const fn is_password(&self) -> bool {
        matches!(self, Self::Password(_) | Self::NobodysPassword(_))
    }

    /// Whether a code has to be sent for each flow of tries, and those are limited.
    pub(super) const fn is_sent(&self) -> bool {
        matches!(self, Self::Phone { .. } | Self::Mail { .. } | Self::Claim(_))
    }
}

impl TriedBy {
    /// A device that the account knows, or a stranger.
    pub(crate) fn device(known: Option<KnownDevice>) -> Self {
        known.map_or(Self::Stranger, Self::Device)
    }

    /// The caller who enters the code of a challenge.
    ///
    /// Sessions and right passwords say nothing about what is only claimed. A code of an app is asked for
    /// after some other verification anyway, so a right password is nothing special there.
    pub(super) fn of(challenge: &Challenge, tried: &Tried) -> Self {
        let is_claim = matches!(tried, Tried::Claim(_));
        let is_claimant =
            is_claim && challenge.purpose == Purpose::Login && matches!(challenge.subject, Subject::Account(_));
        let has_password = challenge.verified.contains(Channel::Password) && tried.is_sent();
        match (challenge.known_device, challenge.session) {
            (Some(device), _) => Self::Device(device),
            (None, Some(session)) if !is_claim => Self::Session(session),
            (None, _) if has_password && !is_claim => Self::RightPassword,
            (None, _) if is_claimant => Self::Claimant,
            (None, _) => Self::Stranger,
        }
    }

    /// Returns the subject that tells callers apart.
    pub(super) fn name(self) -> String {
        match self {
            Self::Stranger => "stranger".to_owned(),
            Self::Claimant => "claimant".to_owned(),
            Self::RightPassword => "right password".to_owned(),
            Self::Device(KnownDevice(digest)) => {
                format!("device {}", digest.map(|byte| format!("{byte:02x}")).concat())
            }
            Self::Session(session) => format!("session {session}"),
        }
    }

    /// Returns the subject of all callers of its kind, where the account knows them and there may be many.
    pub(super) const fn all(self) -> Option<&'static str> {
        match self {
            Self::Stranger | Self::Claimant | Self::RightPassword => None,
            Self::Device(_) => Some("devices"),
            Self::Session(_) => Some("sessions"),
        }
    }
}
