use doorward_session::Assurance;

/// The signature algorithm of access tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA over P-256 with SHA-256, known to every verifier (RFC 7518, section 3.4).
    #[default]
    Es256,
    /// Ed25519 (RFC 8037).
    EdDsa,
}

/// The claims common to all access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSettings {
    /// The issuer (`iss`), compared byte by byte.
    pub issuer: String,
    /// For whom (`aud`), compared character by character.
    pub audience: String,
    /// For whom tokens are that are good for binding a factor and for nothing else: the service
    /// itself, so that a verifier which knows nothing of them refuses them.
    pub binding_audience: String,
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
    /// Settings with the default algorithm, and `/binding` below the issuer for what may only bind.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        let issuer = issuer.into();
        let binding_audience = format!("{issuer}/binding");
        Self { issuer, audience: audience.into(), binding_audience, algorithm: SigningAlgorithm::default() }
    }

    /// For whom tokens of that assurance are.
    pub(crate) fn audience_of(&self, assurance: Assurance) -> &str {
        match assurance {
            Assurance::Binding => &self.binding_audience,
            Assurance::Aal1 | Assurance::Aal2 => &self.audience,
        }
    }
}
