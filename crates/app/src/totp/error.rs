use doorward_kernel::StoreError;
use doorward_otp::SeedSealError;
use doorward_user::HashError;

use crate::{limits::say_limited, profile::CurrentPasswordError, sessions::StepUpRequired};

/// Why nothing was done about an authenticator app.
#[derive(Debug, thiserror::Error)]
pub enum TotpError {
    /// The owner of the session has not verified themselves lately.
    #[error(transparent)]
    StepUpRequired(#[from] StepUpRequired),
    /// The account has one already.
    #[error("the account has an authenticator app already")]
    AlreadyActive,
    /// One that takes the place of a lost factor waits to count; this one cannot push it aside.
    #[error("another authenticator app waits to count")]
    Occupied,
    /// None waits to be confirmed.
    #[error("no authenticator app waits to be confirmed")]
    NotPending,
    /// The account has none.
    #[error("the account has no authenticator app")]
    NotActive,
    /// The session has ended meanwhile.
    #[error("the session has ended")]
    Unauthenticated,
    /// The password is wrong.
    #[error("the current password is wrong")]
    PasswordIncorrect,
    /// The code is wrong or was used before, or too many were wrong and none is looked at for a while.
    #[error("the code is wrong")]
    Incorrect,
    /// A bucket is used up.
    #[error("too much was tried")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The seed could not be sealed.
    #[error(transparent)]
    Seal(#[from] SeedSealError),
    /// The password could not be checked now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CurrentPasswordError> for TotpError {
    fn from(error: CurrentPasswordError) -> Self {
        match error {
            CurrentPasswordError::Limited { retry_after } => Self::Limited { retry_after },
            CurrentPasswordError::Incorrect => Self::PasswordIncorrect,
            CurrentPasswordError::Hash(error) => Self::Hash(error),
            CurrentPasswordError::Store(error) => Self::Store(error),
        }
    }
}

say_limited!(TotpError);
