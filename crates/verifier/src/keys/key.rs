use aws_lc_rs::signature::ParsedPublicKey;

use crate::{
    base64url,
    keys::{Algorithm, Thumbprint},
    members::Members,
};

/// Members of private and of symmetric keys, which nobody publishes on purpose (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key that verifies, parsed.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) kid: Thumbprint,
    pub(crate) algorithm: Algorithm,
    public: ParsedPublicKey,
}

impl Key {
    /// Reads a JWK; `None` for one that is not for us or not in order.
    pub(crate) fn parse(jwk: &Members) -> Option<Self> {
        let algorithm = Algorithm::parse(jwk.text("alg")?)?;
        let (kty, crv) = algorithm.curve();
        let is_fitting = jwk.text("kty")? == kty && jwk.text("crv")? == crv && jwk.text("use")? == "sig";
        if !is_fitting || PRIVATE.iter().any(|name| jwk.has(name)) {
            return None;
        }
        let kid = Thumbprint::parse(jwk.text("kid")?)?;
        let (point, thumbprint) = match algorithm {
            Algorithm::Es256 => p256(jwk.text("x")?, jwk.text("y")?)?,
            Algorithm::EdDsa => ed25519(jwk.text("x")?)?,
        };
        let public = ParsedPublicKey::new(algorithm.verification(), point).ok()?;
        // Two keys can then never share a name.
        (thumbprint == kid).then_some(Self { kid, algorithm, public })
    }

    pub(crate) fn has_signed(&self, message: &str, signature: &[u8]) -> bool {
        self.public.verify_sig(message.as_bytes(), signature).is_ok()
    }
}

/// The uncompressed point (SEC 1, section 2.3.3) and the thumbprint.
fn p256(x: &str, y: &str) -> Option<(Vec<u8>, Thumbprint)> {
    let (x_bytes, y_bytes) = (base64url::decode_exact::<32>(x)?, base64url::decode_exact::<32>(y)?);
    let point = [&[4], x_bytes.as_slice(), y_bytes.as_slice()].concat();
    Some((point, Thumbprint::of([("crv", "P-256"), ("kty", "EC"), ("x", x), ("y", y)])))
}

fn ed25519(x: &str) -> Option<(Vec<u8>, Thumbprint)> {
    let point = base64url::decode_exact::<32>(x)?.to_vec();
    Some((point, Thumbprint::of([("crv", "Ed25519"), ("kty", "OKP"), ("x", x)])))
}
