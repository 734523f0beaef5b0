use doorward_user::User;

/// A change of what an account is verified by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new password in place of the old one.
    ReplacePassword,
    /// A new address in place of the old one.
    ReplaceAddress,
    /// A number, in place of a verified one or of none.
    BindNumber,
    /// An authenticator app, in place of one that was lost or of none.
    BindAuthenticator,
    /// The authenticator app and its recovery codes go.
    RemoveAuthenticator,
    /// New recovery codes in place of the old ones.
    ReplaceRecoveryCodes,
}

/// The factors of an account besides its password and address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// A number that its owner has verified.
    pub number: bool,
    /// A confirmed authenticator app.
    pub authenticator: bool,
}

/// The evidence that the caller owns the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A session that may do all its user may.
    Session(SessionEvidence),
    /// A session opened by password and mailbox, which may only bind.
    Binding,
    /// A code mailed to the address on file.
    Mailbox {
        /// Whether a code of the authenticator app came after it.
        authenticator: bool,
    },
}

/// The evidence that a full session gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionEvidence {
    /// The strongest factor the account holds was verified in the last `step_up.fresh`; of an
    /// account that has nothing but its password, the password.
    pub is_fresh: bool,
    /// The session is `aal2`, or the password was verified in it in the last `step_up.fresh`.
    pub is_strong: bool,
    /// The password or code in the same call.
    pub given: Given,
}

/// A right password or code in the same call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    #[default]
    Nothing,
    /// The current password.
    Password,
    /// The current password, and a code of the authenticator app or a recovery code.
    PasswordAndCode,
}

/// Whether a change is made now, made later or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made now.
    AtOnce,
    /// It is made after `recovery.hold`, unless the owner objects.
    Pending,
    /// It is not made.
    Refused(Refusal),
}

/// Why a change is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No session verifies that it is the owner.
    NoSession,
    /// The session may only bind.
    BindingOnly,
    /// The strongest factor was not verified lately.
    StepUp,
    /// The current password is missing.
    Password,
    /// A code of the authenticator app is missing.
    Code,
    /// The account has an authenticator app, which has to be removed first.
    AlreadyBound,
    /// The account has no authenticator app.
    NotBound,
}

impl Given {
    const fn has_password(self) -> bool {
        matches!(self, Self::Password | Self::PasswordAndCode)
    }

    const fn has_code(self) -> bool {
        matches!(self, Self::PasswordAndCode)
    }
}

impl Holdings {
    /// Returns the factors of the account.
    pub fn of(user: &User) -> Self {
        Self { number: user.verified_number().is_some(), authenticator: user.has_totp() }
    }

    const fn is_password_only(self) -> bool {
        !self.number && !self.authenticator
    }
}

/// Decides whether a change with that evidence is made now, made later or refused.
pub const fn decide(change: Change, account: Holdings, evidence: Evidence) -> Verdict {
    match evidence {
        Evidence::Session(evidence) => in_session(change, account, evidence),
        Evidence::Binding => in_binding_session(change, account),
        Evidence::Mailbox { authenticator } => by_mailbox(change, account, authenticator),
    }
}

const fn in_session(change: Change, account: Holdings, evidence: SessionEvidence) -> Verdict {
    match change {
        Change::ReplacePassword => only_if(evidence.given.has_password(), Refusal::Password, Verdict::AtOnce),
        // An account that has nothing but its password cannot show more than that.
        Change::ReplaceAddress | Change::BindNumber => only_if(
            evidence.is_fresh || account.is_password_only(),
            Refusal::StepUp,
            only_if(evidence.given.has_password(), Refusal::Password, Verdict::AtOnce),
        ),
        Change::BindAuthenticator => {
            // It outranks all others from then on: what follows from the number alone has to wait.
            let bound =
                if evidence.given.has_password() || evidence.is_strong { Verdict::AtOnce } else { Verdict::Pending };
            let bound = only_if(!account.authenticator, Refusal::AlreadyBound, bound);
            only_if(
                evidence.is_fresh || account.is_password_only() && evidence.given.has_password(),
                Refusal::StepUp,
                bound,
            )
        }
        Change::RemoveAuthenticator | Change::ReplaceRecoveryCodes => {
            let changed = only_if(evidence.given.has_code(), Refusal::Code, Verdict::AtOnce);
            let changed = only_if(evidence.given.has_password(), Refusal::Password, changed);
            let changed = only_if(account.authenticator, Refusal::NotBound, changed);
            only_if(evidence.is_fresh, Refusal::StepUp, changed)
        }
    }
}

/// Password and mailbox often fall together: what they bind waits where it replaces something.
const fn in_binding_session(change: Change, account: Holdings) -> Verdict {
    match change {
        Change::BindNumber if account.number => Verdict::Pending,
        // The next login would ask for it in place of the number.
        Change::BindAuthenticator if !account.is_password_only() => Verdict::Pending,
        Change::BindNumber | Change::BindAuthenticator => Verdict::AtOnce,
        Change::ReplacePassword
        | Change::ReplaceAddress
        | Change::RemoveAuthenticator
        | Change::ReplaceRecoveryCodes => Verdict::Refused(Refusal::BindingOnly),
    }
}

const fn by_mailbox(change: Change, account: Holdings, authenticator: bool) -> Verdict {
    match change {
        Change::ReplacePassword => only_if(authenticator || !account.authenticator, Refusal::Code, Verdict::AtOnce),
        Change::ReplaceAddress
        | Change::BindNumber
        | Change::BindAuthenticator
        | Change::RemoveAuthenticator
        | Change::ReplaceRecoveryCodes => Verdict::Refused(Refusal::NoSession),
    }
}

const fn only_if(is_shown: bool, refusal: Refusal, verdict: Verdict) -> Verdict {
    if is_shown { verdict } else { Verdict::Refused(refusal) }
}
