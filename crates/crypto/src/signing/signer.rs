use std::{error::Error, time::Duration};

use doorward_kernel::{Secret, Timestamp};
use doorward_session::{AccessClaims, JsonWebKey, SignError, TokenSigner};

use crate::{
    Keyring, base64url,
    epoch_keys::EpochKeys,
    signing::{
        SigningKey,
        claims::Claims,
        jws::{self, Unverified},
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
        let unverified = Unverified::parse(token)?;
        let epochs = self.epochs();
        let payload = unverified.verify(epochs.accepted(now).map(signing_key))?;
        let claims: Claims<'_> = serde_json::from_slice(payload).ok()?;
        claims.accept(&self.settings, now)
    }

    fn public_keys(&self) -> Vec<JsonWebKey> {
        self.epochs().published(self.now(), LAST_TOKEN).map(|keys| signing_key(keys).jwk.clone()).collect()
    }
}

fn signing_key(keys: &EpochKeys) -> &SigningKey {
    &keys.signing
}

fn failed(error: impl Error + Send + Sync + 'static) -> SignError {
    SignError(Box::new(error))
}
