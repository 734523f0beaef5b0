use doorward_session::JsonWebKey;
use serde::Serialize;
use utoipa::ToSchema;

/// The public keys that verify access tokens (RFC 7517, section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = KeySet)]
pub struct KeySetView {
    /// The keys, newest first.
    pub keys: Vec<KeyView>,
}

/// A public key (RFC 7517, section 4; RFC 7518, section 6.2; RFC 8037).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    /// `EC` or `OKP`.
    pub kty: &'static str,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// `P-256` or `Ed25519`.
    pub crv: &'static str,
    /// `ES256` or `EdDSA`.
    pub alg: &'static str,
    /// The RFC 7638 thumbprint.
    pub kid: String,
    /// The x coordinate, or the Ed25519 key.
    pub x: String,
    /// The y coordinate of a P-256 key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub y: Option<String>,
}

impl From<Vec<JsonWebKey>> for KeySetView {
    fn from(keys: Vec<JsonWebKey>) -> Self {
        let view = |key: JsonWebKey| KeyView {
            kty: key.kty,
            usage: "sig",
            crv: key.crv,
            alg: key.alg,
            kid: key.kid,
            x: key.x,
            y: key.y,
        };
        Self { keys: keys.into_iter().map(view).collect() }
    }
}
