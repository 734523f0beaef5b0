use std::ops::RangeInclusive;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_kernel::{Secret, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The prefix of a secret.
const PREFIX: &str = "whsec_";
/// The number of bytes of a secret ("Signature scheme", standardwebhooks.com).
const LENGTH: RangeInclusive<usize> = 24..=64;
/// How far the clock of a gateway may be off, in seconds.
const TOLERANCE: u64 = 300;
/// How many signatures of a request are looked at; there are two while a secret is changed.
const SIGNATURES_MAX: usize = 8;

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
        let mac = self.mac(id, &seconds(at).to_string(), body.as_bytes());
        mac.map_or_else(String::new, |mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    /// Whether one of the signatures, with blanks between, is that of a request, made at most five minutes before or
    /// after; compares in constant time.
    pub fn has_signed(&self, (id, timestamp): (&str, &str), body: &[u8], signatures: &str, now: Timestamp) -> bool {
        let is_recent = timestamp.parse::<i64>().is_ok_and(|at| at.abs_diff(seconds(now)) <= TOLERANCE);
        let is_right = |signature: &str| {
            let signature = signature.strip_prefix("v1,").and_then(|signature| STANDARD.decode(signature).ok());
            let mac = self.mac(id, timestamp, body);
            signature.zip(mac).is_some_and(|(signature, mac)| mac.verify_slice(&signature).is_ok())
        };
        is_recent && signatures.split(' ').take(SIGNATURES_MAX).any(is_right)
    }

    /// HMAC takes keys of any length, so there is always one.
    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.reveal()).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Some(mac)
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
    fn a_request_is_signed_for_five_minutes_and_by_its_own_secret() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let other = WebhookSecret::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let signature = format!("v1a,x v1,AAAA {}", secret.sign("msg_1", at(1000), "{}"));
        let is_right = |request, body: &str, now| secret.has_signed(request, body.as_bytes(), &signature, at(now));

        assert!([700, 1000, 1300].into_iter().all(|now| is_right(("msg_1", "1000"), "{}", now)));
        assert!([699, 1301].into_iter().all(|now| !is_right(("msg_1", "1000"), "{}", now)));
        for (request, body) in
            [(("msg_2", "1000"), "{}"), (("msg_1", "1001"), "{}"), (("msg_1", "1000"), "{ }"), (("msg_1", ""), "{}")]
        {
            assert!(!is_right(request, body, 1000), "{request:?} {body}");
        }
        assert!(!other.has_signed(("msg_1", "1000"), b"{}", &signature, at(1000)));
        assert!(!secret.has_signed(("msg_1", "1000"), b"{}", "", at(1000)));
    }

    #[test]
    fn a_secret_that_is_short_or_of_another_form_is_refused() {
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_*"] {
            assert_eq!(WebhookSecret::parse(text).err(), Some(WebhookSecretError), "{text}");
        }
    }
}
