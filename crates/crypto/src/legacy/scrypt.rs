use crate::{
    legacy::{
        LegacyError,
        text::{base64, cost, hash, hexadecimal, named, padded_base64, parts, salt},
        verifier::{OldHash, Read},
    },
    password::{Bench, ScryptCosts, Unit, Work},
};

const MIN_LOG_N: u32 = 10;
/// The most memory, N · r blocks of 128 bytes: 128 MiB.
const MAX_BLOCKS: u64 = 1 << 20;
/// The most work, N · r · p: four times what that memory takes at once.
const MAX_MIXINGS: u64 = 1 << 22;

struct Scrypt {
    costs: ScryptCosts,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Reads `ln=16,r=8,p=1$salt$hash`.
pub(super) fn read_phc(text: &str) -> Read {
    let [costs, salt, hash] = parts(text, '$')?;
    let [log_n, r, p] = parts(costs, ',')?;
    let (log_n, r, p) = (named(log_n, "ln")?, named(r, "r")?, named(p, "p")?);
    Scrypt::boxed(cost(log_n)?, [r, p], base64(salt)?, base64(hash)?)
}

/// Reads `16384$salt$8$5$hash`.
pub(super) fn read_django(text: &str) -> Read {
    let [n, salt, r, p, hash] = parts(text, '$')?;
    Scrypt::boxed(logarithm(n)?, [r, p], salt.into(), padded_base64(hash)?)
}

/// Reads `32768:8:1$salt$hash`.
pub(super) fn read_werkzeug(text: &str) -> Read {
    let [costs, salt, hash] = parts(text, '$')?;
    let [n, r, p] = parts(costs, ':')?;
    Scrypt::boxed(logarithm(n)?, [r, p], salt.into(), hexadecimal(hash)?)
}

/// N is a power of two (RFC 7914, section 2).
fn logarithm(n: &str) -> Result<u32, LegacyError> {
    let n = cost(n)?;
    if n.is_power_of_two() { Ok(n.trailing_zeros()) } else { Err(LegacyError::Malformed) }
}

impl Scrypt {
    fn boxed(log_n: u32, [r, p]: [&str; 2], salt_bytes: Vec<u8>, hash_bytes: Vec<u8>) -> Read {
        let (r, p) = (cost(r)?, cost(p)?);
        let (salt, hash) = (salt(salt_bytes)?, hash(hash_bytes)?);
        Ok(Box::new(Self { costs: costs(log_n, r, p)?, salt, hash }))
    }
}

/// The costs, where a machine can bear them.
pub(super) fn costs(log_n: u32, r: u32, p: u32) -> Result<ScryptCosts, LegacyError> {
    if log_n < MIN_LOG_N {
        return Err(LegacyError::CostTooLow);
    }
    let blocks = 1_u64.checked_shl(log_n).and_then(|n| n.checked_mul(r.into())).unwrap_or(u64::MAX);
    if blocks > MAX_BLOCKS || blocks.saturating_mul(p.into()) > MAX_MIXINGS {
        return Err(LegacyError::CostTooHigh);
    }
    let log_n = u8::try_from(log_n).map_err(|_| LegacyError::CostTooHigh)?;
    scrypt::Params::new(log_n, r, p).map_err(|_| LegacyError::Malformed)?;
    Ok(ScryptCosts { log_n, r, p })
}

impl OldHash for Scrypt {
    fn expected(&self) -> &[u8] {
        &self.hash
    }

    fn work(&self) -> Work {
        Work::once(Unit::Scrypt(self.costs))
    }

    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>> {
        let mut computed = vec![0; self.hash.len()];
        bench.scrypt(self.costs, password, &self.salt, &mut computed)?;
        Some(computed)
    }
}
