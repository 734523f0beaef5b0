use std::ops::RangeInclusive;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{
    legacy::{
        LegacyError,
        text::parts,
        verifier::{OldHash, Read},
    },
    password::{Bench, Unit, Work},
};

/// The logarithm of the rounds.
const COSTS: RangeInclusive<u32> = 4..=15;
const SALT_CHARACTERS: usize = 22;
const HASH_BYTES: usize = 23;

/// The last character of a salt or hash holds bits that some libraries leave as they come.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; HASH_BYTES],
    input: Input,
}

enum Input {
    Password,
    /// The SHA-256 of the password in lower-case hexadecimal, Django's way around the 72 bytes.
    Digest,
}

/// Reads `12$` and 53 characters of salt and hash.
pub(super) fn read(text: &str) -> Read {
    parse(text, Input::Password)
}

/// Reads the same, made of the password's digest.
pub(super) fn read_prehashed(text: &str) -> Read {
    parse(text, Input::Digest)
}

fn parse(text: &str, input: Input) -> Read {
    let [cost, rest] = parts(text, '$')?;
    let is_cost = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let cost: u32 = cost.parse().ok().filter(|_| is_cost).ok_or(LegacyError::Malformed)?;
    let (salt, hash) = rest.split_at_checked(SALT_CHARACTERS).ok_or(LegacyError::Malformed)?;
    let (salt, hash) = (decode(salt)?, decode(hash)?);
    if cost < *COSTS.start() {
        return Err(LegacyError::CostTooLow);
    }
    if cost > *COSTS.end() {
        return Err(LegacyError::CostTooHigh);
    }
    Ok(Box::new(Bcrypt { cost, salt, hash, input }))
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], LegacyError> {
    BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(LegacyError::Malformed)
}

impl OldHash for Bcrypt {
    fn expected(&self) -> &[u8] {
        &self.hash
    }

    fn work(&self) -> Work {
        Work::once(Unit::Bcrypt { cost: self.cost })
    }

    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>> {
        let hash = match self.input {
            Input::Password => bench.bcrypt(self.cost, self.salt, password),
            Input::Digest => {
                let digest = hexadecimal(digest(&SHA256, password).as_ref());
                bench.bcrypt(self.cost, self.salt, digest.as_bytes())
            }
        };
        hash.get(..HASH_BYTES).map(<[u8]>::to_vec)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
