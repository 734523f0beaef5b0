use doorward_kernel::PhoneNumber;
use doorward_user::{Password, User};

use crate::limits::SmsPolicy;

/// The fewest characters of a password that lets in alone (NIST SP 800-63B-4, section 3.1.1.2).
const ALONE: usize = 15;

/// Whether a password alone opens a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordAlone {
    /// A second factor is always asked for.
    NeverSuffices,
    /// It does, if it has 15 characters: a shorter one may be from before the operator allowed it.
    Suffices,
}

/// The second factor after the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of the account's authenticator app, or a recovery code.
    Totp,
    /// A code by SMS to the number on file, which it verifies.
    Sms(PhoneNumber),
}

impl PasswordAlone {
    /// Returns whether that password opens a session by itself.
    pub(super) fn lets_in(self, password: &Password) -> bool {
        self == Self::Suffices && password.reveal().chars().count() >= ALONE
    }
}

/// The second factor that the account can be asked for; `None` when it has none that works.
///
/// An account that carries a number nobody has verified is asked for it, too: whoever knows the
/// password and holds the number is who registered it.
pub(super) fn second_factor(user: &User, sms: &SmsPolicy) -> Option<SecondFactor> {
    if user.has_totp() {
        return Some(SecondFactor::Totp);
    }
    let number = user.phone.as_ref().map(|phone| &phone.number).filter(|number| sms.allows(number));
    number.cloned().map(SecondFactor::Sms)
}
