use argon2::{Algorithm, Version};

use crate::{
    legacy::{
        LegacyError,
        text::{base64, cost, hash, named, parts, salt},
        verifier::{OldHash, Read},
    },
    password::{Bench, HashParameters, Unit, Variant, Work},
};

/// The most memory, in KiB: 128 MiB.
const MAX_MEMORY_KIB: u32 = 128 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;

struct OldArgon2 {
    variant: Variant,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Reads `v=19$m=65536,t=3,p=4$salt$hash`.
pub(super) fn read_id(text: &str) -> Read {
    read(Algorithm::Argon2id, text)
}

/// Reads the same for Argon2i.
pub(super) fn read_i(text: &str) -> Read {
    read(Algorithm::Argon2i, text)
}

fn read(algorithm: Algorithm, text: &str) -> Read {
    // Without a version it is the first one, which had none (PHC string format).
    let (version, text) = match text.strip_prefix("v=").and_then(|text| text.split_once('$')) {
        Some(("19", text)) => (Version::V0x13, text),
        Some(("16", text)) => (Version::V0x10, text),
        Some(_) => return Err(LegacyError::Malformed),
        None => (Version::V0x10, text),
    };
    let [costs, salt_text, hash_text] = parts(text, '$')?;
    let [memory, passes, lanes] = parts(costs, ',')?;
    let (memory, passes) = (cost(named(memory, "m")?)?, cost(named(passes, "t")?)?);
    let lanes = cost(named(lanes, "p")?)?;
    let (salt, hash) = (salt(base64(salt_text)?)?, hash(base64(hash_text)?)?);
    if memory > MAX_MEMORY_KIB || passes > MAX_PASSES || lanes > MAX_LANES {
        return Err(LegacyError::CostTooHigh);
    }
    if memory < 8 * lanes {
        return Err(LegacyError::CostTooLow);
    }
    if salt.len() < argon2::MIN_SALT_LEN {
        return Err(LegacyError::Malformed);
    }
    let parameters = HashParameters::bounded(memory, passes, lanes).ok_or(LegacyError::Malformed)?;
    Ok(Box::new(OldArgon2 { variant: Variant { algorithm, version, parameters }, salt, hash }))
}

impl OldHash for OldArgon2 {
    fn expected(&self) -> &[u8] {
        &self.hash
    }

    fn work(&self) -> Work {
        Work::once(Unit::Argon2(self.variant))
    }

    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>> {
        let mut computed = vec![0; self.hash.len()];
        bench.argon2(self.variant, password, &self.salt, &mut computed).ok()?;
        Some(computed)
    }
}
