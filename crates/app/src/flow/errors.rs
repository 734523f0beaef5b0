use doorward_kernel::{StoreError, Timestamp};

use crate::limits::say_limited;

/// Why a step was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The flow is finished, expired, exhausted, unknown or not for this call.
    #[error("the flow is closed")]
    Closed,
    /// The code is wrong, and that was counted.
    #[error("the code is wrong")]
    Incorrect {
        /// Tries left.
        attempts_left: u8,
    },
    /// The caller's host or network has used up a bucket; nothing was counted against the flow.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why what a flow is for was not done, in the step that would have closed its challenge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompletionError {
    /// The challenge was no longer open, or the account or session is not as it was seen.
    #[error("the flow is closed")]
    Closed,
    /// The code that was to be used up was used before, or is none.
    #[error("the code is used up")]
    CodeRefused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Of a step that uses up no code.
impl From<CompletionError> for VerifyError {
    fn from(error: CompletionError) -> Self {
        match error {
            CompletionError::Closed | CompletionError::CodeRefused => Self::Closed,
            CompletionError::Store(error) => Self::Store(error),
        }
    }
}

/// Why the flows that a start names cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The flow that the body names is closed.
    #[error("the flow is closed")]
    Closed,
    /// Body and cookie name two open flows.
    #[error("two flows are named")]
    Ambiguous,
    /// The caller's host has used up a bucket.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a code was not sent again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    /// The flow is closed, or its step has no code that is sent.
    #[error("the flow is closed")]
    Closed,
    /// The step has no code that goes that way.
    #[error("the code does not go that way")]
    OtherChannel,
    /// It was sent a moment ago.
    #[error("the code was sent a moment ago")]
    TooEarly {
        /// When it may be sent again.
        at: Timestamp,
    },
    /// It was sent as often as it ever will be.
    #[error("the code was sent too often")]
    Exhausted {
        /// When the flow ends, and a new one may be started.
        ends_at: Timestamp,
    },
    /// The caller's host or network has used up a bucket.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

say_limited!(VerifyError, ResendError, ResumeError);
