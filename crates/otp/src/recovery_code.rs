use base32::Alphabet;
use doorward_kernel::{Random, Secret, typed_text};

/// The number of characters of a code, of five bits each.
const CHARACTERS: usize = 24;
/// The number of characters shown together.
const GROUP: usize = 4;

/// One of the codes that stand in for a lost second factor: 120 random bits, good for one use.
///
/// It has 24 characters of Crockford's base32, which leaves out what can be misread.
#[derive(Clone, Debug)]
pub struct RecoveryCode(Secret<String>);

/// Why a text is no recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the 24 letters and digits of a recovery code")]
pub struct RecoveryCodeError;

/// The stored form of a recovery code: HMAC-SHA-256 under a key that no store has.
pub type RecoveryDigest = [u8; 32];

impl RecoveryCode {
    /// The number of codes a user gets at once.
    pub const SET: usize = 10;

    /// Mints a random code.
    pub fn mint(random: &dyn Random) -> Self {
        let mut bytes = [0; CHARACTERS * 5 / 8];
        random.fill(&mut bytes);
        Self::from_bytes(&bytes)
    }

    /// Mints the codes of one user, which replace all former ones.
    pub fn mint_set(random: &dyn Random) -> [Self; Self::SET] {
        std::array::from_fn(|_| Self::mint(random))
    }

    /// Parses what a person typed or pasted: in upper or lower case, with O for 0 and I or L for 1.
    ///
    /// Blanks, dashes, slashes and format characters are ignored; fullwidth letters and digits of
    /// any script are read as their ASCII forms.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        let code: String = typed_text::fold(text).filter(|c| !matches!(c, '-' | '/')).take(CHARACTERS + 1).collect();
        let bytes = base32::decode(Alphabet::Crockford, &code).filter(|_| code.len() == CHARACTERS);
        bytes.map(|bytes| Self::from_bytes(&bytes)).ok_or(RecoveryCodeError)
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        Self(Secret::new(base32::encode(Alphabet::Crockford, bytes)))
    }

    /// The 24 characters, for the digest.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// The code as it is shown, once: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`.
    pub fn grouped(&self) -> Secret<String> {
        let mut text = String::with_capacity(CHARACTERS + CHARACTERS / GROUP);
        for (at, character) in self.reveal().chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(character);
        }
        Secret::new(text)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        sync::atomic::{AtomicU8, Ordering},
    };

    use super::*;

    const CODE: &str = "0123456789ABCDEFGHJKMNPQ";

    /// Counts through all bytes.
    struct Counting(AtomicU8);

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn a_code_reads_back_as_it_was_shown() {
        for code in RecoveryCode::mint_set(&Counting(AtomicU8::new(0))) {
            let shown = code.grouped();

            assert_eq!(shown.reveal().len(), 29);
            assert_eq!(RecoveryCode::parse(shown.reveal()).unwrap().reveal(), code.reveal());
        }
    }

    #[test]
    fn the_codes_of_a_set_differ() {
        let set = RecoveryCode::mint_set(&Counting(AtomicU8::new(0)));

        let distinct: HashSet<_> = set.iter().map(RecoveryCode::reveal).collect();

        assert_eq!(distinct.len(), 10);
    }

    #[test]
    fn case_blanks_dashes_and_lookalikes_do_not_matter() {
        for text in [
            CODE,
            "0123-4567-89AB-CDEF-GHJK-MNPQ",
            "0123 4567 89ab cdef ghjk mnpq",
            " o123-456789abcdefghjkmnpq ",
            "OI23456789ABCDEFGHJKMNPQ",
            "ol23456789abcdefghjkmnpq",
            "Oi23456789ABCDEFGHJKMNPQ",
            "0123-4567-89AB-CDEF-GHJK-MNPQ\r\n",
            "\u{2066}0123\u{2011}4567\u{2013}89ab/cdef\u{a0}ghjk\tmnpq\u{2069}",
            "٠١٢٣٤٥٦٧٨٩abcdefghjkmnpq",
            "ｏ１２３４５６７８９ａｂｃｄｅｆｇｈｊｋｍｎｐＱ",
        ] {
            assert_eq!(RecoveryCode::parse(text).unwrap().reveal(), CODE, "{text:?}");
        }
    }

    #[test]
    fn no_other_text_is_a_code() {
        for text in [
            "",
            "123456",
            &CODE[1..],
            &format!("{CODE}0"),
            &CODE.replace('Q', "U"),
            &CODE.replace('Q', "\u{3a9}"),
            &CODE.replace('Q', "_"),
            &format!("{CODE}\0"),
            &"1".repeat(10_000),
        ] {
            assert!(RecoveryCode::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_groups_have_four_characters() {
        let code = RecoveryCode::parse(CODE).unwrap();

        assert_eq!(code.grouped().reveal(), "0123-4567-89AB-CDEF-GHJK-MNPQ");
        assert_eq!(format!("{code:?}"), "RecoveryCode([redacted])");
    }
}
