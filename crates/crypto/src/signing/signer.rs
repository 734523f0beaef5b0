use std::{error::Error, time::Duration};

use doorward_kernel::{Secret, Timestamp};
use doorward_session::{AccessClaims, JsonWebKey, SignError, TokenSigner};

use crate::{
    Keyring, base64url,
    epoch_keys::EpochKeys,
    keyring::Epochs,
    signing::{
        SigningKey,
        claims::{Claims, holds},
        jws::{self, MAX_BYTES, Unverified},
        verified_tokens::{TokenDigest, Verified},
    },
};

/// An hour after the last access token that a key may have signed: they live for a quarter of one at most.
const LAST_TOKEN: Duration = Duration::from_mins(75);

impl TokenSigner for Keyring {
    fn sign(&self, claims: &AccessClaims) -> Result<Secret<String>, SignError> {
        let mut jti = [0; 16];
        self.random.fill(&mut jti);
        let claims = Claims::new(claims, &self.settings, base64url::encode(jti));
        let payload = serde_json::to_vec(&claims).map_err(failed)?;
        jws::sign(&self.current().signing, &payload).map(Secret::new).map_err(failed)
    }

    fn verify(&self, token: &str, now: Timestamp) -> Option<AccessClaims> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let (epochs, digest) = (self.epochs(), TokenDigest::of(token));
        if let Some(known) = epochs.verified.find(digest) {
            let holds = holds(known.claims.issued_at, known.claims.expires_at, now);
            if holds && epochs.accepted(now).any(|keys| keys.epoch.id == known.epoch) {
                return Some(known.claims);
            }
            epochs.verified.remove(digest);
        }
        let verified = self.verify_anew(&epochs, token, now)?;
        epochs.verified.insert(digest, verified.clone());
        Some(verified.claims)
    }

    fn public_keys(&self) -> Vec<JsonWebKey> {
        self.epochs().published(self.now(), LAST_TOKEN).map(|keys| signing_key(keys).jwk.clone()).collect()
    }
}

impl Keyring {
    fn verify_anew(&self, epochs: &Epochs, token: &str, now: Timestamp) -> Option<Verified> {
        let unverified = Unverified::parse(token)?;
        let (epoch, payload) = unverified.verify(epochs.accepted(now))?;
        let claims: Claims<'_> = serde_json::from_slice(payload).ok()?;
        Some(Verified { claims: claims.accept(&self.settings, now)?, epoch })
    }
}

fn signing_key(keys: &EpochKeys) -> &SigningKey {
    &keys.signing
}

fn failed(error: impl Error + Send + Sync + 'static) -> SignError {
    SignError(Box::new(error))
}
