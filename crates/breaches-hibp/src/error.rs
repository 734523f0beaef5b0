use doorward_user::BreachError;

/// Why a password could not be looked up; contains nothing of the password.
#[derive(Debug, thiserror::Error)]
pub enum HibpError {
    /// No answer came: no connection, or none in time.
    #[error("the service did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The service answered with an error or a redirect.
    #[error("the service answered {0}")]
    Refused(u16),
    /// The answer is longer than any range.
    #[error("the answer is too long")]
    TooLong,
    /// The answer is not a range.
    #[error("the answer is no list of digests and counts")]
    Malformed,
}

impl From<reqwest::Error> for HibpError {
    fn from(error: reqwest::Error) -> Self {
        // The URL tells five digits of the digest.
        Self::Unreachable(error.without_url())
    }
}

impl From<HibpError> for BreachError {
    fn from(error: HibpError) -> Self {
        Self::new(error)
    }
}
