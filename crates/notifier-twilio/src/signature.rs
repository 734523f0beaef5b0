use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_kernel::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Knows the requests that Twilio has signed: HMAC-SHA-1 under the auth token, over the address it
/// was told and all fields by their names ("Security", twilio.com/docs/usage/security).
pub struct TwilioSignatures {
    auth_token: Secret<String>,
    url: String,
}

impl TwilioSignatures {
    /// Those of requests to that address, as Twilio was told it.
    pub fn new(auth_token: Secret<String>, url: String) -> Self {
        Self { auth_token, url }
    }

    /// Whether that is the signature of a request with those fields; takes as long for any wrong one.
    pub fn is_right(&self, fields: &[(&str, &str)], signature: &str) -> bool {
        let (Ok(signature), Ok(mut mac)) =
            (STANDARD.decode(signature), Hmac::<Sha1>::new_from_slice(self.auth_token.reveal().as_bytes()))
        else {
            return false;
        };
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        mac.update(self.url.as_bytes());
        for (name, value) in fields {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        mac.verify_slice(&signature).is_ok()
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
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2".to_owned();
        TwilioSignatures::new(Secret::new("12345".to_owned()), url)
    }

    #[test]
    fn the_documented_signature_is_right_in_any_order_of_the_fields() {
        let mut fields = FIELDS;
        assert!(signatures().is_right(&fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        fields.reverse();
        assert!(signatures().is_right(&fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn what_was_changed_is_not_signed() {
        let other = TwilioSignatures::new(Secret::new("12346".to_owned()), signatures().url);
        assert!(!other.is_right(&FIELDS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!signatures().is_right(&FIELDS[1..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "SSOYDt4T1cUTdK1PDd93/VVr8B8=", "RSOY", "*"] {
            assert!(!signatures().is_right(&FIELDS, signature), "{signature}");
        }
    }
}
