/// How access tokens are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA over P-256 with SHA-256, known to every verifier (RFC 7518, section 3.4).
    #[default]
    Es256,
    /// Ed25519 (RFC 8037).
    EdDsa,
}

/// What all access tokens have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// Who makes them (`iss`), compared character by character.
    pub issuer: String,
    /// For whom (`aud`), compared character by character.
    pub audience: String,
    /// How they are signed.
    pub algorithm: SigningAlgorithm,
}

impl SigningAlgorithm {
    /// The name in JOSE headers: `ES256` or `EdDSA`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads the name of JOSE headers.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Es256, Self::EdDsa].into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

impl TokenSettings {
    /// Settings with the default algorithm.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), algorithm: SigningAlgorithm::default() }
    }
}
