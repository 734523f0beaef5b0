use doorward_kernel::StoreError;
use doorward_user::HashError;

use crate::{flow::VerifyError, limits::say_limited};

/// Why a password led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum PasswordLoginError {
    /// The flow is not open for a password.
    #[error("the flow is closed")]
    Closed,
    /// Identifier and password are not those of an account that may log in so; it is never told why.
    #[error("the credentials are wrong")]
    Incorrect {
        /// Tries left in the flow, where there is one: the try was counted.
        attempts_left: Option<u8>,
    },
    /// The caller's host or network has used up a bucket; nothing was compared.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The password could not be checked now.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VerifyError> for PasswordLoginError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Closed => Self::Closed,
            VerifyError::Incorrect { attempts_left } => Self::Incorrect { attempts_left: Some(attempts_left) },
            VerifyError::Limited { retry_after } => Self::Limited { retry_after },
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}

say_limited!(PasswordLoginError);
