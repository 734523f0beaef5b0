use std::num::NonZeroU32;

use crate::{
    legacy::{
        LegacyError,
        text::{base64, cost, hash, hexadecimal, padded_base64, parts, salt},
        verifier::{OldHash, Read},
    },
    password::{Bench, Prf, Work},
};

/// The fewest iterations (RFC 2898, section 4.2).
const MIN_ITERATIONS: u32 = 1000;
const MAX_ITERATIONS: u32 = 5_000_000;

struct Pbkdf2 {
    prf: Prf,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Reads `29000$salt$hash` of passlib, where a dot stands for a plus, and `i=600000$salt$hash`
/// or `i=600000,l=32$salt$hash` in the PHC string format.
pub(super) fn read_modular(prf: Prf, text: &str) -> Read {
    let [costs, salt, hash] = parts(text, '$')?;
    let Some(costs) = costs.strip_prefix("i=") else {
        let [salt, hash] = [salt, hash].map(|text| base64(&text.replace('.', "+")));
        return Pbkdf2::boxed(prf, costs, salt?, hash?);
    };
    let hash = base64(hash)?;
    let (iterations, length) = costs.split_once(",l=").unwrap_or((costs, ""));
    if !length.is_empty() && length != hash.len().to_string() {
        return Err(LegacyError::Malformed);
    }
    Pbkdf2::boxed(prf, iterations, base64(salt)?, hash)
}

/// Reads `600000$salt$hash`, the hash in hexadecimal.
pub(super) fn read_werkzeug(prf: Prf, text: &str) -> Read {
    let [iterations, salt, hash] = parts(text, '$')?;
    Pbkdf2::boxed(prf, iterations, salt.into(), hexadecimal(hash)?)
}

/// Reads `600000$salt$hash`, the hash in base64.
pub(super) fn read_django(prf: Prf, text: &str) -> Read {
    let [iterations, salt, hash] = parts(text, '$')?;
    Pbkdf2::boxed(prf, iterations, salt.into(), padded_base64(hash)?)
}

impl Pbkdf2 {
    fn boxed(prf: Prf, iterations: &str, salt_bytes: Vec<u8>, hash_bytes: Vec<u8>) -> Read {
        let iterations = NonZeroU32::new(cost(iterations)?).ok_or(LegacyError::Malformed)?;
        let (salt, hash) = (salt(salt_bytes)?, hash(hash_bytes)?);
        match iterations.get() {
            ..MIN_ITERATIONS => Err(LegacyError::CostTooLow),
            MIN_ITERATIONS..=MAX_ITERATIONS => Ok(Box::new(Self { prf, iterations, salt, hash })),
            _ => Err(LegacyError::CostTooHigh),
        }
    }
}

impl OldHash for Pbkdf2 {
    fn expected(&self) -> &[u8] {
        &self.hash
    }

    fn work(&self) -> Work {
        Work::pbkdf2(self.prf, self.iterations, self.hash.len())
    }

    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>> {
        let mut computed = vec![0; self.hash.len()];
        bench.pbkdf2(self.prf, self.iterations, password, &self.salt, &mut computed);
        Some(computed)
    }
}
