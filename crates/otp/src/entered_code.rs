use crate::{Code, RecoveryCode};

/// A code as entered: digits, or a recovery code in their place.
#[derive(Clone, Debug)]
pub enum EnteredCode {
    /// The digits that were sent or that an authenticator app shows.
    Digits(Code),
    /// A recovery code.
    Recovery(RecoveryCode),
}

/// Why a text is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the 6 to 8 digits of the code, or a recovery code")]
pub struct EnteredCodeError;

impl EnteredCode {
    /// Parses what a person typed; the length tells which it is.
    pub fn parse(text: &str) -> Result<Self, EnteredCodeError> {
        let digits = Code::parse(text).map(Self::Digits);
        digits.or_else(|_| RecoveryCode::parse(text).map(Self::Recovery)).map_err(|_| EnteredCodeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_tells_which_it_is() {
        assert!(matches!(EnteredCode::parse("012-345"), Ok(EnteredCode::Digits(_))));
        assert!(matches!(EnteredCode::parse("0123-4567-89ab-cdef-ghjk-mnpq"), Ok(EnteredCode::Recovery(_))));
        for text in ["", "12345", "123456789", "0123-4567-89ab-cdef-ghjk-mnp", "abcdef"] {
            assert!(EnteredCode::parse(text).is_err(), "{text:?}");
        }
    }
}
