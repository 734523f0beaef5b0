use doorward_kernel::Secret;
use unicode_normalization::UnicodeNormalization;

/// The longest input that is read, in bytes.
const MAX_BYTES: usize = 1024;
/// The longest password, in code points after NFC.
const MAX: usize = 256;

/// A password as a person typed it, normalised to NFC and nothing else.
///
/// NIST SP 800-63B-4, section 3.1.1.2: code points count, normalisation comes first,
/// nothing is cut off. No trimming, no case change.
#[derive(Clone, Debug)]
pub struct Password {
    normalised: Secret<String>,
    /// As it was typed, where that is spelled otherwise.
    typed: Option<Secret<String>>,
}

/// Why a text cannot be a password at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is empty.
    #[error("must not be empty")]
    Empty,
    /// It has more than 256 code points.
    #[error("must have at most 256 characters")]
    TooLong,
}

impl Password {
    /// Parses what a person typed.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        let password: String = text.nfc().collect();
        if password.chars().count() > MAX {
            return Err(PasswordError::TooLong);
        }
        let typed = (password != text).then(|| Secret::new(text.to_owned()));
        Ok(Self { normalised: Secret::new(password), typed })
    }

    /// The password, for hashing and for the policy.
    pub fn reveal(&self) -> &str {
        self.normalised.reveal()
    }

    /// The password as it was typed, where that is not in NFC: other systems may have hashed that.
    pub fn typed(&self) -> Option<&str> {
        self.typed.as_ref().map(|typed| typed.reveal().as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_combining_spellings_are_one_password() {
        let composed = Password::parse("pässword").unwrap();
        let combining = Password::parse("pa\u{308}ssword").unwrap();

        assert_eq!(composed.reveal(), combining.reveal());
    }

    #[test]
    fn what_was_typed_is_kept_where_it_is_spelled_otherwise() {
        assert_eq!(Password::parse("pässword").unwrap().typed(), None);
        assert_eq!(Password::parse("pa\u{308}ssword").unwrap().typed(), Some("pa\u{308}ssword"));
    }

    #[test]
    fn nothing_else_is_changed() {
        for text in [" spaces ", "ｐ", "MiXed", "nul\0byte", "😀😀"] {
            assert_eq!(Password::parse(text).unwrap().reveal(), text);
        }
    }

    #[test]
    fn length_counts_code_points() {
        assert!(Password::parse(&"😀".repeat(256)).is_ok());
        assert!(Password::parse(&"a".repeat(257)).is_err());
        assert!(Password::parse("").is_err());
    }
}
