use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::{
    Claims, Expectations, VerifyError,
    keys::{Thumbprint, key::Key},
    members::Members,
    presented::Presented,
};

/// More keys than this are no key set of Doorward's, which has a handful.
const MAX_KEYS: usize = 32;

/// An issuer's public keys, and the judgement of tokens by them: no I/O, no clock.
///
/// ```
/// use std::time::SystemTime;
///
/// use doorward_verifier::{Expectations, KeySet, VerifyError};
///
/// # let jwks = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig",
/// #   "kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let keys = KeySet::parse(jwks)?;
/// let expected = Expectations::new("https://login.example.com", "https://orders.example.com");
///
/// let verdict = keys.verify("not a token", &expected, SystemTime::now());
///
/// assert_eq!(verdict, Err(VerifyError::Encoding));
/// # Ok::<(), doorward_verifier::KeySetError>(())
/// ```
#[derive(Debug)]
pub struct KeySet(Vec<Key>);

/// Why a document is no key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// It is no JSON object with `keys`, or names a member twice.
    #[error("the key set is not a JSON object with keys")]
    Json,
    /// It has more than 32 keys.
    #[error("the key set has too many keys")]
    TooManyKeys,
    /// None of its keys can verify an access token.
    #[error("the key set has no usable key")]
    NoUsableKey,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517, section 5).
    ///
    /// Left out are keys of other kinds or uses, keys with private members, and keys whose `kid`
    /// is not their thumbprint.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let jwks = Members::parse(json).and_then(|mut members| members.take_array("keys")).ok_or(KeySetError::Json)?;
        if jwks.len() > MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let keys: Vec<_> = jwks.into_iter().filter_map(read_key).collect();
        if keys.is_empty() { Err(KeySetError::NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// The number of usable keys, never zero.
    #[expect(clippy::len_without_is_empty, reason = "a key set is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The claims of a good token.
    pub fn verify(&self, token: &str, expected: &Expectations, now: SystemTime) -> Result<Claims, VerifyError> {
        self.verify_presented(&Presented::parse(token)?, expected, now)
    }

    pub(crate) fn verify_presented(
        &self,
        token: &Presented<'_>,
        expected: &Expectations,
        now: SystemTime,
    ) -> Result<Claims, VerifyError> {
        let key = self.find(token.kid).ok_or(VerifyError::UnknownKey)?;
        if key.algorithm != token.algorithm {
            return Err(VerifyError::Algorithm);
        }
        if !key.has_signed(token.message, &token.signature) {
            return Err(VerifyError::Signature);
        }
        let claims = Claims::parse(&token.payload)?;
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        expected.accept(&claims, seconds)?;
        Ok(claims)
    }

    pub(crate) fn has(&self, kid: Thumbprint) -> bool {
        self.find(kid).is_some()
    }

    fn find(&self, kid: Thumbprint) -> Option<&Key> {
        self.0.iter().find(|key| key.kid == kid)
    }
}

fn read_key(jwk: Value) -> Option<Key> {
    Key::parse(&Members::from_value(jwk)?)
}
