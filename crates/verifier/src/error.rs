use std::time::Duration;

use crate::Acr;

/// Why a token is not accepted; holds nothing of the token.
///
/// All but [`VerifyError::Unavailable`] mean: answer 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is longer than 4096 bytes; Doorward's have fewer than 1000.
    #[error("the token is too long")]
    TooLong,
    /// It is not three segments of base64url in canonical form.
    #[error("the token is not three segments of base64url")]
    Encoding,
    /// Header or claims are no JSON object, or name a member twice.
    #[error("the header or the claims are not a JSON object with unique names")]
    Json,
    /// The header has a member that brings keys or changes what is signed.
    #[error("the header has the member {0}")]
    ForbiddenHeader(&'static str),
    /// `typ` is not `at+jwt`: an ID token, say, which is nobody's permit.
    #[error("the token is not of type at+jwt")]
    Type,
    /// `alg` is missing, unknown, or not the one of the named key.
    #[error("the algorithm is not that of the key")]
    Algorithm,
    /// `kid` is missing, or cannot be the name of a key.
    #[error("the key id is missing or malformed")]
    KeyId,
    /// No published key has this `kid`.
    #[error("the key is not known")]
    UnknownKey,
    /// The signature is not of the named key over this token.
    #[error("the signature is wrong")]
    Signature,
    /// The named claim is missing or has the wrong type.
    #[error("the claim {0} is missing or malformed")]
    Claim(&'static str),
    /// `iss` is another issuer.
    #[error("the token is of another issuer")]
    Issuer,
    /// `aud` does not name this service.
    #[error("the token is for another audience")]
    Audience,
    /// `exp + leeway <= now`.
    #[error("the token has expired")]
    Expired,
    /// `nbf > now + leeway`.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` or `auth_time` is later than `now + leeway`.
    #[error("the token comes from the future")]
    FromTheFuture,
    /// `exp` is not after `iat`, or too long after it.
    #[error("the token lives for too long or not at all")]
    Lifetime,
    /// The token is good, but its `acr` is weaker than this one.
    #[error("the token does not prove {}", .0.as_str())]
    Assurance(Acr),
    /// There are no keys to judge by, and the issuer cannot be reached: answer 503.
    #[error("the issuer's keys cannot be fetched")]
    Unavailable {
        /// When the next attempt may be made.
        retry_after: Duration,
    },
}
