//! An issuer of tokens, good and bad, with keys of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_verifier::Expectations;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const AUDIENCE: &str = "https://orders.example.com";
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) enum Issuer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Issuer {
    pub(crate) fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn eddsa() -> Self {
        Self::EdDsa(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn alg(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    pub(crate) fn public_bytes(&self) -> &[u8] {
        match self {
            Self::Es256(pair) => pair.public_key().as_ref(),
            Self::EdDsa(pair) => pair.public_key().as_ref(),
        }
    }

    /// The members that make the thumbprint, in its order.
    fn required_members(&self) -> String {
        match self {
            Self::Es256(_) => {
                let (x, y) = self.public_bytes()[1..].split_at(32);
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, encode(x), encode(y))
            }
            Self::EdDsa(_) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(self.public_bytes())),
        }
    }

    pub(crate) fn kid(&self) -> String {
        encode(digest(&SHA256, self.required_members().as_bytes()))
    }

    pub(crate) fn jwk(&self) -> Value {
        let required = serde_json::from_str(&self.required_members()).unwrap();
        with(required, &json!({ "alg": self.alg(), "use": "sig", "kid": self.kid() }))
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.alg(), "typ": "at+jwt", "kid": self.kid() })
    }

    pub(crate) fn token(&self) -> String {
        self.sign(&self.header(), &claims())
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_bytes(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    pub(crate) fn sign_bytes(&self, header: &[u8], payload: &[u8]) -> String {
        self.sign_message(&format!("{}.{}", encode(header), encode(payload)))
    }

    pub(crate) fn sign_message(&self, message: &str) -> String {
        let signature = match self {
            Self::Es256(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", encode(signature))
    }
}

pub(crate) fn jwks(issuers: &[&Issuer]) -> Value {
    json!({ "keys": issuers.iter().map(|issuer| issuer.jwk()).collect::<Vec<_>>() })
}

pub(crate) fn claims() -> Value {
    claims_at(NOW)
}

pub(crate) fn claims_at(now: u64) -> Value {
    json!({
        "iss": ISSUER, "sub": "0198c0de-0000-7000-8000-000000000001", "aud": AUDIENCE,
        "iat": now, "nbf": now, "exp": now + 300,
        "jti": "0198c0de-0000-7000-8000-000000000002", "sid": "0198c0de-0000-7000-8000-000000000003",
        "auth_time": now - 60, "amr": ["sms", "pwd", "mfa"], "acr": "aal2",
    })
}

pub(crate) fn expectations() -> Expectations {
    Expectations::new(ISSUER, AUDIENCE)
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The object with those members set.
pub(crate) fn with(mut object: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// The object without that member.
pub(crate) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}
