use doorward_kernel::PhoneNumber;
use doorward_session::Method;
use doorward_user::User;

/// The strongest factor of an account beside its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrongFactor<'a> {
    /// A code by SMS to the number its owner has verified.
    Sms(&'a PhoneNumber),
    /// A code of its authenticator app, or a recovery code.
    Totp,
}

/// The strongest factor the account holds; `None` where it has nothing but its password.
///
/// The one place that decides what is asked for and what counts as fresh.
pub fn strongest(user: &User) -> Option<StrongFactor<'_>> {
    if user.has_totp() {
        return Some(StrongFactor::Totp);
    }
    user.verified_number().map(StrongFactor::Sms)
}

impl StrongFactor<'_> {
    /// The methods by which it, or a stronger one, is verified.
    pub const fn methods(self) -> &'static [Method] {
        match self {
            Self::Sms(_) => &[Method::Sms, Method::Totp, Method::RecoveryCode],
            Self::Totp => &[Method::Totp, Method::RecoveryCode],
        }
    }
}
