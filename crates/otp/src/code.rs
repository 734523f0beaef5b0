use doorward_kernel::{Secret, typed_text};
use subtle::ConstantTimeEq;

/// The number of digits of a code: 6 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digits(u8);

impl Digits {
    /// Six digits, the default and the fewest (RFC 4226, section 4, R4).
    pub const SIX: Self = Self(6);

    /// `None` outside 6 to 8.
    pub const fn new(digits: u8) -> Option<Self> {
        if matches!(digits, 6..=8) { Some(Self(digits)) } else { None }
    }

    /// The number of digits.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A one-time code: 6 to 8 ASCII digits, leading zeros kept.
#[derive(Clone, Debug)]
pub struct Code(Secret<String>);

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the 6 to 8 digits of the code")]
pub struct CodeError;

impl Code {
    /// Parses what a person typed or pasted, in digits of any script.
    ///
    /// Blanks, dashes, slashes and format characters are ignored: messages group digits, and
    /// copying takes along what stands around them.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let digits: String = typed_text::fold(text).filter(|c| !matches!(c, '-' | '/')).take(9).collect();
        let is_code = (6..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if is_code { Ok(Self(Secret::new(digits))) } else { Err(CodeError) }
    }

    pub(crate) const fn from_digits(digits: String) -> Self {
        Self(Secret::new(digits))
    }

    /// Compares in time that does not depend on the digits.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.reveal().as_bytes().ct_eq(other.0.reveal().as_bytes()).into()
    }

    /// The digits, for the message that carries them.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_spelling_however_it_was_pasted() {
        for text in [
            "012345",
            " 012345 ",
            "012-345",
            "01 23 45",
            "012345\n",
            "012345\r\n",
            "\t012345",
            "\u{a0}012\u{202f}345",
            "012\u{2013}345",
            "012/345",
            "\u{feff}012345",
            "\u{2068}012345\u{2069}",
            "\u{200e}012\u{200b}345\u{2060}",
            "\u{ff10}\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}",
            "\u{660}\u{661}\u{662}\u{663}\u{664}\u{665}",
            "\u{6f0}\u{6f1}\u{6f2}\u{6f3}\u{6f4}\u{6f5}",
            "\u{966}\u{967}\u{968}\u{969}\u{96a}\u{96b}",
        ] {
            assert_eq!(Code::parse(text).unwrap().reveal(), "012345", "{text:?}");
        }
    }

    #[test]
    fn only_six_to_eight_digits_are_a_code() {
        for text in [
            "",
            "12345",
            "123456789",
            "+123456",
            "123456\0",
            "①②③④⑤⑥",
            "12.3456",
            "1e7000",
            "12345a",
            &"1".repeat(10_000),
        ] {
            assert!(Code::parse(text).is_err(), "{text:?}");
        }
    }
}
