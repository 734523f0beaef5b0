use crate::{
    legacy::{
        LegacyError,
        verifier::{OldHash, Read},
    },
    password::{Bench, Unit, Work},
};

/// The characters that stand for 0 to 63.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The logarithms of the iterations that phpass itself makes begin here; WordPress takes 13, phpBB 11.
const MIN_LOG: u32 = 7;
const MAX_LOG: u32 = 22;
const SALT_CHARACTERS: usize = 8;
const HASH_BYTES: usize = 16;

struct Phpass {
    iterations: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Reads what stands behind `$P$` or `$H$`: a character for the iterations, eight of salt and 22 of hash.
pub(super) fn read(text: &str) -> Read {
    let (log, rest) = text.split_at_checked(1).ok_or(LegacyError::Malformed)?;
    let log = log.bytes().next().and_then(value).ok_or(LegacyError::Malformed)?;
    let (salt, hash) = rest.split_at_checked(SALT_CHARACTERS).ok_or(LegacyError::Malformed)?;
    let hash = decode(hash).filter(|hash| hash.len() == HASH_BYTES).ok_or(LegacyError::Malformed)?;
    match log {
        ..MIN_LOG => Err(LegacyError::CostTooLow),
        MIN_LOG..=MAX_LOG => Ok(Box::new(Phpass { iterations: 1 << log, salt: salt.into(), hash })),
        _ => Err(LegacyError::CostTooHigh),
    }
}

impl OldHash for Phpass {
    fn expected(&self) -> &[u8] {
        &self.hash
    }

    fn work(&self) -> Work {
        Work { unit: Unit::Phpass, count: self.iterations }
    }

    fn compute(&self, password: &[u8], bench: &mut Bench) -> Option<Vec<u8>> {
        Some(bench.phpass(self.iterations, password, &self.salt).to_vec())
    }
}

fn value(character: u8) -> Option<u32> {
    let position = ALPHABET.iter().position(|known| *known == character)?;
    u32::try_from(position).ok()
}

/// Decodes what has the least significant bits first.
fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut pending, mut width) = (Vec::new(), 0_u32, 0);
    for character in text.bytes() {
        pending |= value(character)? << width;
        width += 6;
        if width >= 8 {
            bytes.push(pending.to_le_bytes()[0]);
            pending >>= 8;
            width -= 8;
        }
    }
    // Bits beyond the last byte would be another spelling of the same hash.
    (pending == 0).then_some(bytes)
}
