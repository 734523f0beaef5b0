use std::ops::RangeInclusive;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_kernel::{Secret, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The prefix of a secret.
const PREFIX: &str = "whsec_";
/// The number of bytes of a secret ("Signature scheme", standardwebhooks.com).
const LENGTH: RangeInclusive<usize> = 24..=64;

/// The key that a gateway and we share, as Standard Webhooks write it: `whsec_` and base64 of 24 to 64 bytes.
#[derive(Clone, Debug)]
pub struct WebhookSecret(Secret<Vec<u8>>);

/// Why a text is no such secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret must be whsec_ and the base64 of 24 to 64 bytes")]
pub struct WebhookSecretError;

impl WebhookSecret {
    /// Reads a secret.
    pub fn parse(text: &str) -> Result<Self, WebhookSecretError> {
        let base64 = text.strip_prefix(PREFIX).ok_or(WebhookSecretError)?;
        let key = STANDARD.decode(base64).map_err(|_| WebhookSecretError)?;
        if LENGTH.contains(&key.len()) { Ok(Self(Secret::new(key))) } else { Err(WebhookSecretError) }
    }

    /// The header `webhook-signature` of a request: HMAC-SHA-256 over id, seconds since 1970 and body.
    pub(crate) fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let signed = format!("{id}.{}.{body}", seconds(at));
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.reveal()) else { return String::new() };
        mac.update(signed.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The header `webhook-timestamp`.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_signature_comes_out() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();

        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_micros(1_614_265_330_000_000),
            r#"{"test": 2432232314}"#,
        );

        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_short_or_of_another_form_is_refused() {
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_*"] {
            assert_eq!(WebhookSecret::parse(text).err(), Some(WebhookSecretError), "{text}");
        }
    }
}
