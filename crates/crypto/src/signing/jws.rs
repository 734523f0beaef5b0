use aws_lc_rs::error::Unspecified;
use doorward_kernel::EpochId;
use serde::{Deserialize, Serialize};

use crate::{base64url, epoch_keys::EpochKeys, signing::SigningKey};

/// The `typ` that keeps access tokens apart from all other JWTs (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";
/// The longest token that is read, in bytes; ours have fewer than 1000.
pub(super) const MAX_BYTES: usize = 4096;

/// The whole header; a token with `crit`, `jku`, `jwk`, `x5u` or `x5c` is not ours.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// Signs the payload as a compact JWS (RFC 7515, section 3.1).
pub(super) fn sign(key: &SigningKey, payload: &[u8]) -> Result<String, SignFailure> {
    let header = Header { alg: key.algorithm.as_str(), typ: TYPE, kid: &key.jwk.kid };
    let header = serde_json::to_vec(&header).map_err(SignFailure::Header)?;
    let message = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = key.sign(message.as_bytes()).map_err(SignFailure::Signature)?;
    Ok(format!("{message}.{}", base64url::encode(signature)))
}

#[derive(Debug, thiserror::Error)]
pub(super) enum SignFailure {
    #[error("the header could not be written")]
    Header(#[source] serde_json::Error),
    #[error("the signature could not be made")]
    Signature(#[source] Unspecified),
}

/// A token read, not yet believed.
pub(super) struct Unverified<'a> {
    header: Vec<u8>,
    message: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(token: &'a str) -> Option<Self> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        // A fourth segment leaves a dot in the payload, which base64url does not have.
        let (header, payload) = message.split_once('.')?;
        Some(Self {
            header: base64url::decode(header)?,
            message,
            payload: base64url::decode(payload)?,
            signature: base64url::decode(signature)?,
        })
    }

    /// The payload, if the key that the header names has signed it with its own algorithm, and that key's epoch.
    pub(super) fn verify<'k>(&self, mut epochs: impl Iterator<Item = &'k EpochKeys>) -> Option<(EpochId, &[u8])> {
        let header: Header<'_> = serde_json::from_slice(&self.header).ok()?;
        let EpochKeys { epoch, signing: key, .. } = epochs.find(|keys| keys.signing.jwk.kid == header.kid)?;
        let is_ours = header.typ == TYPE && header.alg == key.algorithm.as_str();
        (is_ours && key.has_signed(self.message.as_bytes(), &self.signature)).then_some((epoch.id, &self.payload))
    }
}
