use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use doorward_kernel::{Random, Secret};
use doorward_session::{ClientDigest, ClientSecrets};
use subtle::ConstantTimeEq as _;

use crate::base64url;

/// Lets people and secret scanners see what leaked.
const PREFIX: &str = "cs_";

/// The secrets of resource servers: random, known by their SHA-256, independent of all epochs.
pub struct RandomClientSecrets {
    random: Arc<dyn Random>,
}

impl RandomClientSecrets {
    /// Takes secrets from that source.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self { random }
    }
}

impl ClientSecrets for RandomClientSecrets {
    fn mint(&self) -> Secret<String> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        Secret::new(format!("{PREFIX}{}", base64url::encode(bytes)))
    }

    fn digest(&self, secret: &str) -> ClientDigest {
        let digest = digest(&SHA256, secret.as_bytes());
        ClientDigest(digest.as_ref().try_into().unwrap_or_default())
    }

    fn is_right(&self, secret: &str, expected: Option<ClientDigest>) -> bool {
        let ClientDigest(found) = self.digest(secret);
        let ClientDigest(wanted) = expected.unwrap_or(ClientDigest([0; 32]));
        bool::from(found.ct_eq(&wanted)) && expected.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsRandom;

    #[test]
    fn a_secret_is_known_by_its_digest_alone() {
        let secrets = RandomClientSecrets::new(Arc::new(OsRandom));
        let (one, other) = (secrets.mint(), secrets.mint());
        let digest = secrets.digest(one.reveal());

        assert!(one.reveal().starts_with("cs_") && one.reveal().len() == 46);
        assert!(secrets.is_right(one.reveal(), Some(digest)));
        assert!(!secrets.is_right(other.reveal(), Some(digest)));
        assert!(!secrets.is_right(one.reveal(), None));
        assert!(!secrets.is_right("", Some(ClientDigest([0; 32]))));
    }
}
