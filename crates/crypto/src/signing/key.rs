use std::fmt;

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    error::Unspecified,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        ParsedPublicKey, Signature,
    },
};
use doorward_session::JsonWebKey;

use crate::{
    SigningAlgorithm, base64url,
    signing::{scalar::first_scalar, thumbprint::thumbprint},
    subkey::{EpochSecret, Use},
};

/// The key pair of an epoch, parsed once.
pub(crate) struct SigningKey {
    pair: Pair,
    public: ParsedPublicKey,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) jwk: JsonWebKey,
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl SigningKey {
    pub(crate) fn derive(secret: &EpochSecret, algorithm: SigningAlgorithm) -> Result<Self, Unspecified> {
        match algorithm {
            SigningAlgorithm::Es256 => Self::derive_es256(secret),
            SigningAlgorithm::EdDsa => Self::derive_eddsa(secret),
        }
    }

    fn derive_es256(secret: &EpochSecret) -> Result<Self, Unspecified> {
        let scalar = first_scalar(|counter| secret.candidate(Use::Es256, counter))?;
        let point = PrivateKey::from_private_key(&ECDH_P256, scalar.reveal())?.compute_public_key()?;
        let (x, y) = coordinates(point.as_ref()).ok_or(Unspecified)?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar.reveal(), point.as_ref())?;
        Ok(Self {
            pair: Pair::Es256(pair),
            public: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_ref())?,
            algorithm: SigningAlgorithm::Es256,
            jwk: JsonWebKey {
                kty: "EC",
                crv: "P-256",
                alg: SigningAlgorithm::Es256.as_str(),
                kid: thumbprint([("kty", "EC"), ("crv", "P-256"), ("x", &x), ("y", &y)]),
                x,
                y: Some(y),
            },
        })
    }

    fn derive_eddsa(secret: &EpochSecret) -> Result<Self, Unspecified> {
        let pair = Ed25519KeyPair::from_seed_unchecked(secret.subkey(Use::EdDsa)?.reveal())?;
        let x = base64url::encode(pair.public_key());
        Ok(Self {
            public: ParsedPublicKey::new(&ED25519, pair.public_key())?,
            pair: Pair::EdDsa(pair),
            algorithm: SigningAlgorithm::EdDsa,
            jwk: JsonWebKey {
                kty: "OKP",
                crv: "Ed25519",
                alg: SigningAlgorithm::EdDsa.as_str(),
                kid: thumbprint([("kty", "OKP"), ("crv", "Ed25519"), ("x", &x)]),
                x,
                y: None,
            },
        })
    }

    /// The RFC 7638 thumbprint of its public half.
    pub(crate) fn kid(&self) -> &str {
        &self.jwk.kid
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Signature, Unspecified> {
        match &self.pair {
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), message),
            Pair::EdDsa(pair) => pair.try_sign(message),
        }
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.jwk.kid).finish_non_exhaustive()
    }
}

/// Both coordinates of an uncompressed point (SEC 1, section 2.3.3), base64url.
fn coordinates(point: &[u8]) -> Option<(String, String)> {
    let (form, coordinates) = point.split_first()?;
    let (x, y) = coordinates.split_at_checked(32)?;
    (*form == 4 && y.len() == 32).then(|| (base64url::encode(x), base64url::encode(y)))
}
