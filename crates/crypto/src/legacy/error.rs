use crate::{SealError, legacy::verifier::MAX_MILLIS};

/// Why an old password hash is not taken over.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// It is of no scheme that is known here.
    #[error("the scheme of the hash is unknown")]
    UnknownScheme,
    /// It names a known scheme and is not spelled as that one is.
    #[error("the hash is malformed")]
    Malformed,
    /// Checking it would tie up the machine.
    #[error("the hash would cost too much to check")]
    CostTooHigh,
    /// Every wrong password would take too long with it on file.
    #[error(
        "with it every wrong password would take some {millis} ms of a core longer ({work}), and at most {} ms are allowed",
        MAX_MILLIS
    )]
    TooDear {
        /// The work of checking it, such as `bcrypt:15`.
        work: String,
        /// The time it takes.
        millis: u64,
    },
    /// It is so cheap that it is no password hash.
    #[error("the hash costs too little to be a password hash")]
    CostTooLow,
    /// It could not be sealed to its user.
    #[error("the hash could not be sealed")]
    Unsealed(#[source] SealError),
}
