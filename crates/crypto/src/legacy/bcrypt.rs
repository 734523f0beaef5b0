use std::ops::RangeInclusive;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use data_encoding::HEXLOWER;
use doorward_kernel::Secret;

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

pub(super) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; HASH_BYTES],
    input: Input,
}

/// Turns a password into what bcrypt hashes in its place.
pub(super) type Input = Box<dyn Fn(&[u8]) -> Secret<Vec<u8>> + Send + Sync>;

/// Reads `12$` and 53 characters of salt and hash.
pub(super) fn read(text: &str) -> Read {
    read_prepared(text, Box::new(|password| Secret::new(password.to_vec())))
}

/// Reads the same, made of the SHA-256 of the password in lower-case hexadecimal, Django's way around the 72 bytes.
pub(super) fn read_django_sha256(text: &str) -> Read {
    read_prepared(
        text,
        Box::new(|password| Secret::new(HEXLOWER.encode(digest(&SHA256, password).as_ref()).into_bytes())),
    )
}

/// Reads the same, made of something else.
pub(super) fn read_prepared(text: &str, input: Input) -> Read {
    let [cost, rest] = parts(text, '$')?;
    let is_cost = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
    let cost: u32 = cost.parse().ok().filter(|_| is_cost).ok_or(LegacyError::Malformed)?;
    let (salt, hash) = rest.split_at_checked(SALT_CHARACTERS).ok_or(LegacyError::Malformed)?;
    Bcrypt::boxed(cost, salt, hash, input)
}

impl Bcrypt {
    /// Takes salt and hash in the alphabet of bcrypt.
    pub(super) fn boxed(cost: u32, salt: &str, hash: &str, input: Input) -> Read {
        let (salt, hash) = (decode(salt)?, decode(hash)?);
        if cost < *COSTS.start() {
            return Err(LegacyError::CostTooLow);
        }
        if cost > *COSTS.end() {
            return Err(LegacyError::CostTooHigh);
        }
        Ok(Box::new(Self { cost, salt, hash, input }))
    }
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
        let hash = bench.bcrypt(self.cost, self.salt, (self.input)(password).reveal());
        hash.get(..HASH_BYTES).map(<[u8]>::to_vec)
    }
}
