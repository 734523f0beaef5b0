use doorward_kernel::{EmailAddress, PhoneNumber, SessionId, Timestamp, UserId};
use doorward_otp::{Challenge, Channel, KnownDevice, Purpose, Step, Subject, Target};

/// What is tried. Failures belong to it, and not to the name it was tried by: who comes to have a name begins clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The password of an account.
    Password(UserId),
    /// The password of a name that no account has: counted and refused like any other.
    NobodysPassword(Target),
    /// The authenticator app of an account.
    Totp {
        /// Whose.
        user: UserId,
        /// When it was bound; `None` where only the day counts, which outlives no binding either.
        bound_at: Option<Timestamp>,
    },
    /// Codes to the number of an account.
    Sms {
        /// Whose.
        user: UserId,
        /// The number.
        number: PhoneNumber,
    },
    /// Codes to the address of an account.
    Mail {
        /// Whose.
        user: UserId,
        /// The address.
        email: EmailAddress,
    },
    /// Codes to an address or number that somebody claims, or that nobody has.
    Claim(Target),
}

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriedBy {
    /// Anybody.
    Stranger,
    /// Somebody who has given the right password of the account just before.
    RightPassword,
    /// A device that the owner has logged in with.
    Device(KnownDevice),
    /// A session of the account.
    Session(SessionId),
}

impl Tried {
    /// What the code of a challenge is tried at; `None` where no code is asked for.
    pub(super) fn of(challenge: &Challenge) -> Option<Self> {
        let user = match challenge.subject {
            Subject::Account(user) => Some(user),
            Subject::Unclaimed | Subject::Decoy => None,
        };
        // What is to become an account's is nobody's yet, whichever account asks for it. The mailed code
        // of the way back goes to the address on file: who registers with it must not shut that way.
        let owner = match (challenge.purpose, challenge.step) {
            (Purpose::Login | Purpose::StepUp | Purpose::ResetPassword, _) | (Purpose::Bind, Step::EmailCode) => user,
            (Purpose::Register | Purpose::ChangeEmail | Purpose::ChangePhone | Purpose::Bind, _) => None,
        };
        match (challenge.step, owner, &challenge.target) {
            (Step::Totp, Some(user), _) => Some(Self::Totp { user, bound_at: None }),
            (step, _, _) if !step.is_code() => None,
            (_, Some(user), Target::Phone(number)) => Some(Self::Sms { user, number: number.clone() }),
            (_, Some(user), Target::Email(email)) => Some(Self::Mail { user, email: email.clone() }),
            (_, None, target) => Some(Self::Claim(target.clone())),
        }
    }

    /// What its failures of a day are counted by.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Password(user) => format!("password {user}"),
            Self::NobodysPassword(name) => format!("password of {}", name.as_str()),
            Self::Totp { user, .. } => format!("totp {user}"),
            Self::Sms { user, number } => format!("sms {user} {}", number.as_str()),
            Self::Mail { user, email } => format!("mail {user} {}", email.key()),
            Self::Claim(target) => format!("claim {}", target.as_str()),
        }
    }

    /// What its failures in a row are counted by: an app that takes the place of another one has none.
    pub(super) fn binding(&self) -> String {
        match self {
            Self::Totp { bound_at: Some(at), .. } => format!("{} {}", self.name(), at.as_micros()),
            Self::Totp { bound_at: None, .. }
            | Self::Password(_)
            | Self::NobodysPassword(_)
            | Self::Sms { .. }
            | Self::Mail { .. }
            | Self::Claim(_) => self.name(),
        }
    }

    /// The user it belongs to.
    pub(super) const fn user(&self) -> Option<UserId> {
        match self {
            Self::Password(user) | Self::Totp { user, .. } | Self::Sms { user, .. } | Self::Mail { user, .. } => {
                Some(*user)
            }
            Self::NobodysPassword(_) | Self::Claim(_) => None,
        }
    }

    /// Whether anybody can try it as often as they like, since nothing has to be sent for it.
    pub(super) const fn is_typed_in_at_will(&self) -> bool {
        match self {
            Self::Password(_) | Self::NobodysPassword(_) | Self::Totp { .. } => true,
            Self::Sms { .. } | Self::Mail { .. } | Self::Claim(_) => false,
        }
    }
}

impl TriedBy {
    /// The caller who enters the code of a challenge.
    ///
    /// Sessions and right passwords say nothing about what is only claimed. A code of an app is asked for
    /// after some other proof anyway, so a right password is nothing special there.
    pub(super) fn of(challenge: &Challenge, tried: &Tried) -> Self {
        let (device, session) = (challenge.known_device, challenge.session);
        let is_known = challenge.verified.contains(Channel::Password);
        let (session, otherwise) = match tried {
            Tried::Claim(_) => (None, Self::Stranger),
            Tried::Sms { .. } | Tried::Mail { .. } if is_known => (session, Self::RightPassword),
            Tried::Sms { .. }
            | Tried::Mail { .. }
            | Tried::Totp { .. }
            | Tried::Password(_)
            | Tried::NobodysPassword(_) => (session, Self::Stranger),
        };
        Self::inside(device, session).unwrap_or(otherwise)
    }

    /// Who tries that the account knows; a known device counts for itself in sessions too.
    pub(super) fn inside(device: Option<KnownDevice>, session: Option<SessionId>) -> Option<Self> {
        device.map(Self::Device).or(session.map(Self::Session))
    }

    /// What tells callers apart.
    pub(super) fn name(self) -> String {
        match self {
            Self::Stranger => "stranger".to_owned(),
            Self::RightPassword => "right password".to_owned(),
            Self::Device(KnownDevice(digest)) => {
                format!("device {}", digest.map(|byte| format!("{byte:02x}")).concat())
            }
            Self::Session(session) => format!("session {session}"),
        }
    }

    /// What tells all callers of its kind, where there may be many of one account.
    pub(super) const fn all(self) -> Option<&'static str> {
        match self {
            Self::Stranger | Self::RightPassword => None,
            Self::Device(_) => Some("devices"),
            Self::Session(_) => Some("sessions"),
        }
    }

    /// Whether the account knows the caller.
    pub(super) const fn is_known(self) -> bool {
        match self {
            Self::Stranger | Self::RightPassword => false,
            Self::Device(_) | Self::Session(_) => true,
        }
    }

    /// As whom a try counts, one after the other where the ones before are disabled.
    pub(super) fn in_turn(self) -> Vec<Self> {
        match self {
            Self::Device(_) => vec![self, Self::Stranger],
            Self::Stranger | Self::RightPassword | Self::Session(_) => vec![self],
        }
    }
}
