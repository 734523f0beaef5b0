use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use doorward_kernel::{EpochId, Secret};

use crate::{
    Keyring,
    subkey::{EpochSecret, Use},
};

/// Bytes encrypted for a store, which cannot read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The epoch whose key opens it.
    pub epoch: EpochId,
    /// Nonce (12 bytes), ciphertext and tag (16 bytes) of AES-256-GCM.
    pub bytes: Vec<u8>,
}

impl Sealed {
    /// Key id and sealed bytes as verifiers write them: base64 without padding (PHC string format).
    pub(crate) fn to_texts(&self) -> [String; 2] {
        [key_id(self.epoch), STANDARD_NO_PAD.encode(&self.bytes)]
    }

    /// Reads what [`Sealed::to_texts`] gave, in its one spelling.
    pub(crate) fn from_texts(key_id: &str, bytes: &str) -> Option<Self> {
        let [epoch, bytes] = [key_id, bytes].map(|text| STANDARD_NO_PAD.decode(text));
        Some(Self { epoch: EpochId(i32::from_be_bytes(epoch.ok()?.try_into().ok()?)), bytes: bytes.ok()? })
    }
}

/// The name of an epoch in verifiers.
pub(crate) fn key_id(epoch: EpochId) -> String {
    STANDARD_NO_PAD.encode(epoch.0.to_be_bytes())
}

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error("the value could not be sealed")]
pub struct SealError(#[source] Unspecified);

impl Keyring {
    /// Seals a value under the current epoch; it opens with the same associated data only.
    ///
    /// The associated data should name the kind of the value and the row it belongs to.
    pub fn seal_value(&self, associated_data: &[u8], plaintext: &[u8]) -> Result<Sealed, SealError> {
        let keys = self.current();
        let bytes = keys.sealer.seal(associated_data, plaintext).map_err(SealError)?;
        Ok(Sealed { epoch: keys.epoch.id, bytes })
    }

    /// Opens a sealed value; `None` when it was changed or moved, or its epoch is unknown or retired.
    pub fn open_value(&self, associated_data: &[u8], sealed: &Sealed) -> Option<Secret<Vec<u8>>> {
        self.accepted(sealed.epoch)?.sealer.open(associated_data, &sealed.bytes)
    }
}

/// The AES-256-GCM key of an epoch, with a random nonce for each value (NIST SP 800-38D, section 8.2.2).
pub(crate) struct Sealer(RandomizedNonceKey);

impl Sealer {
    pub(crate) fn derive(secret: &EpochSecret) -> Result<Self, Unspecified> {
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, secret.subkey(Use::Seal)?.reveal())?))
    }

    fn seal(&self, associated_data: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut sealed = plaintext.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(associated_data), &mut sealed)?;
        sealed.splice(0..0, nonce.as_ref().iter().copied());
        Ok(sealed)
    }

    fn open(&self, associated_data: &[u8], sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = ciphertext.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::from(associated_data), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(Secret::new(bytes))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Fixture, OTHER_ROOT, epoch, retired, settings};

    #[test]
    fn a_sealed_value_opens_where_it_belongs_only() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;

        let sealed = keyring.seal_value(b"row 1", b"value").unwrap();

        assert_eq!(keyring.open_value(b"row 1", &sealed).unwrap().reveal(), b"value");
        assert!(keyring.open_value(b"row 2", &sealed).is_none());
    }

    #[test]
    fn no_value_is_sealed_to_the_same_bytes_twice() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;

        assert_ne!(keyring.seal_value(b"", b"value").unwrap(), keyring.seal_value(b"", b"value").unwrap());
    }

    #[test]
    fn a_single_changed_or_missing_bit_opens_nothing() {
        let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;
        let sealed = keyring.seal_value(b"row", b"value").unwrap();

        for bit in 0..sealed.bytes.len() * 8 {
            let mut changed = sealed.clone();
            changed.bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(keyring.open_value(b"row", &changed).is_none(), "bit {bit}");
        }
        for length in 0..sealed.bytes.len() {
            let cut = Sealed { bytes: sealed.bytes[..length].to_vec(), ..sealed };
            assert!(keyring.open_value(b"row", &cut).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn other_epochs_retired_ones_and_other_roots_open_nothing() {
        let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
        let stranger = Fixture::with(OTHER_ROOT, vec![epoch(1, 0)], settings()).unwrap();
        let sealed = fixture.keyring.seal_value(b"", b"value").unwrap();

        let moved = Sealed { epoch: EpochId(2), ..sealed.clone() };

        assert!(fixture.keyring.open_value(b"", &sealed).is_some());
        assert!(fixture.keyring.open_value(b"", &moved).is_none());
        assert!(stranger.keyring.open_value(b"", &sealed).is_none());
        fixture.clock.set(100);
        assert!(fixture.keyring.open_value(b"", &sealed).is_none());
    }
}
