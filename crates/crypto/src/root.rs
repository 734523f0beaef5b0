use std::collections::HashSet;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use data_encoding::HEXLOWER_PERMISSIVE;
use doorward_kernel::{KeyEpoch, Random, RootChecks, Secret};

use crate::{
    base64url,
    subkey::{EpochSecret, Use},
};

/// The fewest bytes of a root secret.
const MIN_BYTES: usize = 32;
/// The fewest different bytes; 32 random ones have fewer in one of 10^30 cases.
const MIN_DISTINCT: usize = 10;

/// The secret that every key follows from, with the salt of its epoch; at least 256 bits.
#[derive(Clone, Debug)]
pub struct RootSecret(Secret<Vec<u8>>);

/// Why a text is no root secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootSecretError {
    /// It is neither base64 nor hex.
    #[error("must be base64 or hex")]
    Malformed,
    /// It has fewer than 32 bytes.
    #[error("must have at least 32 bytes")]
    TooShort,
    /// It has fewer than 10 different bytes, so nobody drew it at random.
    #[error("must be random")]
    Weak,
}

impl RootSecret {
    /// Parses hex or base64, of either alphabet, with padding or without.
    ///
    /// White space around it is ignored, since files end in a line feed.
    pub fn parse(text: &str) -> Result<Self, RootSecretError> {
        let text = text.trim();
        // A run of hex digits also reads as base64, which would hide half of its shortness.
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let decoded = if is_hex { HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok() } else { decode_base64(text) };
        let bytes = Secret::new(decoded.ok_or(RootSecretError::Malformed)?);
        if bytes.reveal().len() < MIN_BYTES {
            return Err(RootSecretError::TooShort);
        }
        if bytes.reveal().iter().collect::<HashSet<_>>().len() < MIN_DISTINCT {
            return Err(RootSecretError::Weak);
        }
        Ok(Self(bytes))
    }

    /// Takes a secret of 256 bits.
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = vec![0; MIN_BYTES];
        random.fill(&mut bytes);
        Self(Secret::new(bytes))
    }

    /// The form that [`RootSecret::parse`] reads: base64url.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(base64url::encode(self.0.reveal()))
    }

    pub(crate) fn reveal(&self) -> &[u8] {
        self.0.reveal()
    }
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

/// The root secret in use, and the one before it for as long as epochs of it are accepted.
#[derive(Clone, Debug)]
pub struct RootSecrets {
    /// The secret of new epochs.
    pub current: RootSecret,
    /// The secret of older ones, while they are in use.
    pub former: Option<RootSecret>,
}

impl RootSecrets {
    /// The one that the epoch was made with. Where nobody noted it, it is the former one, if there is one.
    pub(crate) fn of(&self, epoch: &KeyEpoch) -> Option<&RootSecret> {
        let roots = [self.former.as_ref(), Some(&self.current)].into_iter().flatten();
        let has_made =
            |root: &RootSecret| epoch.root_check.is_none() || root.root_check(&epoch.salt) == epoch.root_check;
        roots.into_iter().find(|root| has_made(root))
    }
}

impl From<RootSecret> for RootSecrets {
    fn from(current: RootSecret) -> Self {
        Self { current, former: None }
    }
}

impl RootChecks for RootSecret {
    fn root_check(&self, salt: &[u8; 32]) -> Option<[u8; 32]> {
        Some(*EpochSecret::of_salt(self, salt).subkey(Use::RootCheck).ok()?.reveal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OsRandom, fixtures::SeededRandom};

    const BYTES: [u8; 32] = [
        251, 255, 191, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
        29, 30, 31,
    ];

    #[test]
    fn every_usual_spelling_gives_the_same_bytes() {
        for text in [
            "fbffbf030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "FBFFBF030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n",
            "+/+/AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "+/+/AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "-_-_AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "  -_-_AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        ] {
            assert_eq!(RootSecret::parse(text).unwrap().reveal(), BYTES, "{text}");
        }
    }

    #[test]
    fn what_nobody_drew_at_random_is_refused() {
        for (text, error) in [
            ("", RootSecretError::TooShort),
            ("correct horse battery staple and so on and on", RootSecretError::Malformed),
            ("+-+-AwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", RootSecretError::Malformed),
            ("AQIDBAUGBwgJCgsMDQ4PEA==", RootSecretError::TooShort),
            ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e", RootSecretError::TooShort),
            ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1", RootSecretError::Malformed),
            ("0000000000000000000000000000000000000000000000000000000000000000", RootSecretError::Weak),
            ("0102030405060708090102030405060708090102030405060708090102030405", RootSecretError::Weak),
            ("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", RootSecretError::Weak),
        ] {
            assert_eq!(RootSecret::parse(text).err(), Some(error), "{text}");
        }
    }

    #[test]
    fn a_generated_secret_reads_back_from_its_text() {
        let secret = RootSecret::generate(&OsRandom);

        let read = RootSecret::parse(secret.to_text().reveal()).unwrap();

        assert_eq!(read.reveal(), secret.reveal());
        assert_eq!(secret.to_text().reveal().len(), 43);
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let secret = RootSecret::generate(&SeededRandom::new(1));

        assert_eq!(format!("{secret:?}"), "RootSecret([redacted])");
    }
}
