//! Reading the parts of old hashes, strictly: one spelling each, and lengths that make sense.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use data_encoding::HEXLOWER;

use crate::legacy::LegacyError;

/// The longest salt that is read, in bytes.
const MAX_SALT_BYTES: usize = 128;
/// A shorter hash would fit too many passwords; a longer one no scheme makes.
const HASH_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// The parts between separators; [`LegacyError::Malformed`] for any other number of them.
pub(super) fn parts<const N: usize>(text: &str, separator: char) -> Result<[&str; N], LegacyError> {
    text.split(separator).collect::<Vec<_>>().try_into().map_err(|_| LegacyError::Malformed)
}

/// A decimal number without sign and leading zeros; one that is far too large is too high a cost.
pub(super) fn cost(text: &str) -> Result<u32, LegacyError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0') && !text.is_empty();
    if !is_number {
        return Err(LegacyError::Malformed);
    }
    text.parse().map_err(|_| LegacyError::CostTooHigh)
}

/// The value of `name=value`.
pub(super) fn named<'a>(text: &'a str, name: &str) -> Result<&'a str, LegacyError> {
    text.strip_prefix(name).and_then(|text| text.strip_prefix('=')).ok_or(LegacyError::Malformed)
}

/// A salt of at least one byte.
pub(super) fn salt(bytes: Vec<u8>) -> Result<Vec<u8>, LegacyError> {
    if (1..=MAX_SALT_BYTES).contains(&bytes.len()) { Ok(bytes) } else { Err(LegacyError::Malformed) }
}

/// A hash that is long enough to tell passwords apart.
pub(super) fn hash(bytes: Vec<u8>) -> Result<Vec<u8>, LegacyError> {
    if HASH_BYTES.contains(&bytes.len()) { Ok(bytes) } else { Err(LegacyError::Malformed) }
}

/// Base64 without padding, as in the PHC string format.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, LegacyError> {
    STANDARD_NO_PAD.decode(text).map_err(|_| LegacyError::Malformed)
}

/// Base64 with padding, as Django writes it.
pub(super) fn padded_base64(text: &str) -> Result<Vec<u8>, LegacyError> {
    STANDARD.decode(text).map_err(|_| LegacyError::Malformed)
}

/// Base64 of either alphabet, with padding or without, as the tools of one system differ in it.
pub(super) fn any_base64(text: &str) -> Result<Vec<u8>, LegacyError> {
    let is_padded = text.len().is_multiple_of(4);
    let text = if is_padded { text.strip_suffix("==").or(text.strip_suffix('=')).unwrap_or(text) } else { text };
    let engine = if text.contains(['-', '_']) { URL_SAFE_NO_PAD } else { STANDARD_NO_PAD };
    engine.decode(text).map_err(|_| LegacyError::Malformed)
}

/// Lower-case hexadecimal, as Werkzeug writes it.
pub(super) fn hexadecimal(text: &str) -> Result<Vec<u8>, LegacyError> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| LegacyError::Malformed)
}
