use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_kernel::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use url::{Position, Url};

use crate::TwilioSettingsError;

/// Verifies signatures of Twilio's requests: HMAC-SHA-1 under the auth token, over the URL it
/// was given and all fields sorted by name ("Security", twilio.com/docs/usage/security).
///
/// Twilio signs the URL with or without its port, depending on how it was given; both are accepted, as
/// they do in Twilio's own libraries.
pub struct TwilioSignatures {
    auth_token: Secret<String>,
    urls: [String; 2],
}

impl TwilioSignatures {
    /// Verifies requests to that URL, in the form that Twilio was given.
    pub fn new(auth_token: Secret<String>, url: &str) -> Result<Self, TwilioSettingsError> {
        let parsed = Url::parse(url).map_err(|_| TwilioSettingsError::StatusCallback)?;
        let host = parsed.host_str().ok_or(TwilioSettingsError::StatusCallback)?;
        let port = parsed.port_or_known_default().ok_or(TwilioSettingsError::StatusCallback)?;
        let (scheme, rest) = (parsed.scheme(), &parsed[Position::BeforePath..]);
        let urls = [format!("{scheme}://{host}:{port}{rest}"), format!("{scheme}://{host}{rest}")];
        Ok(Self { auth_token, urls })
    }

    /// Returns whether that is the signature of a request with those fields, to the URL and what follows it there; compares in
    /// constant time.
    pub fn is_right(&self, rest: &str, fields: &[(&str, &str)], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        let [with_port, without] = &self.urls;
        self.signs((with_port, rest), &fields, &signature) | self.signs((without, rest), &fields, &signature)
    }

    fn signs(&self, (url, rest): (&str, &str), fields: &[(&str, &str)], signature: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(self.auth_token.reveal().as_bytes()) else { return false };
        mac.update(url.as_bytes());
        mac.update(rest.as_bytes());
        for (name, value) in fields {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [(&str, &str); 5] = [
        ("To", "+18005551212"),
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
    ];

    /// The example of Twilio's own documentation.
    fn signatures() -> TwilioSignatures {
        of("12345", "https://mycompany.com/myapp.php?foo=1&bar=2")
    }

    fn of(token: &str, url: &str) -> TwilioSignatures {
        TwilioSignatures::new(Secret::new(token.to_owned()), url).unwrap()
    }

    #[test]
    fn the_documented_signature_is_right_in_any_order_of_the_fields() {
        let mut fields = FIELDS;
        assert!(signatures().is_right("", &fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        fields.reverse();
        assert!(signatures().is_right("", &fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn a_port_may_be_signed_or_not() {
        for url in
            ["https://mycompany.com:443/myapp.php?foo=1&bar=2", "https://mycompany.com:8443/myapp.php?foo=1&bar=2"]
        {
            assert!(of("12345", url).is_right("", &FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="), "{url}");
        }
        let other = of("12345", "https://mycompany.com.evil.example/myapp.php?foo=1&bar=2");
        assert!(!other.is_right("", &FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn what_follows_the_url_is_signed_too() {
        let begun = of("12345", "https://mycompany.com/myapp");

        assert!(begun.is_right(".php?foo=1&bar=2", &FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!begun.is_right(".php?foo=1&bar=3", &FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn what_was_changed_is_not_signed() {
        let other = of("12346", "https://mycompany.com/myapp.php?foo=1&bar=2");
        assert!(!other.is_right("", &FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!signatures().is_right("", &FIELDS[1..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "SSOYDt4T1cUTdK1PDd93/VVr8B8=", "RSOY", "*"] {
            assert!(!signatures().is_right("", &FIELDS, signature), "{signature}");
        }
    }
}
