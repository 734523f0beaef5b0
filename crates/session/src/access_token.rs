use std::error::Error;

use doorward_kernel::{Secret, SessionId, Timestamp, UserId};

use crate::{Assurance, Methods};

/// The claims of an access token (RFC 9068, section 2.2), without personal data.
///
/// Issuer, audience, `iat`, `nbf`, `jti` and `typ: at+jwt` are the signer's to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// The user (`sub`).
    pub user: UserId,
    /// The session (`sid`).
    pub session: SessionId,
    /// When its owner last authenticated (`auth_time`).
    pub auth_time: Timestamp,
    /// How its owner authenticated (`amr`).
    pub methods: Methods,
    /// How surely (`acr`).
    pub assurance: Assurance,
    /// When the token was made (`iat`, `nbf`).
    pub issued_at: Timestamp,
    /// When it ends (`exp`): `expires_at <= now` is expired.
    pub expires_at: Timestamp,
}

/// A public key that verifies access tokens (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonWebKey {
    /// `EC` or `OKP`.
    pub kty: &'static str,
    /// `P-256` or `Ed25519`.
    pub crv: &'static str,
    /// `ES256` or `EdDSA`.
    pub alg: &'static str,
    /// The RFC 7638 thumbprint.
    pub kid: String,
    /// The x coordinate or the Ed25519 key, base64url.
    pub x: String,
    /// The y coordinate of a P-256 key, base64url.
    pub y: Option<String>,
}

/// Why an access token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct SignError(#[source] pub Box<dyn Error + Send + Sync>);

/// Signs and verifies access tokens.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// A signed JWT of type `at+jwt`.
    fn sign(&self, claims: &AccessClaims) -> Result<Secret<String>, SignError>;

    /// The claims of a token we signed for this audience; `None` for everything else.
    ///
    /// Algorithm by key, all claims required and typed, no leeway: it is our own clock.
    fn verify(&self, token: &str, now: Timestamp) -> Option<AccessClaims>;

    /// The public keys: next, current, and past ones whose tokens may still be good.
    fn public_keys(&self) -> Vec<JsonWebKey>;
}
