use std::fmt;

use aws_lc_rs::{
    error::Unspecified,
    hkdf::{HKDF_SHA256, Prk, Salt},
    hmac,
};
use doorward_kernel::{KeyEpoch, Secret};
use subtle::ConstantTimeEq as _;

use crate::RootSecret;

/// The number of bytes of a MAC that tokens carry: 128 bits, far beyond what can be tried online.
pub(crate) const TAG_BYTES: usize = 16;

/// The salt of the key of buckets. It has no epoch: a rotation that changed the digests
/// would make every bucket full.
const BUCKET_SALT: &[u8] = b"doorward/budget";

/// The purpose of a subkey. No key has two purposes, so no token can pass for one of another kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    Otp,
    Flow,
    Refresh,
    Cookie,
    Device,
    Recovery,
    Undo,
    Report,
    Seal,
    Es256,
    EdDsa,
    Bucket,
    RootCheck,
}

impl Use {
    /// The HKDF info; changing one changes every key of its kind.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Otp => b"doorward/otp/v1",
            Self::Flow => b"doorward/flow/v1",
            Self::Refresh => b"doorward/refresh/v1",
            Self::Cookie => b"doorward/cookie/v1",
            Self::Device => b"doorward/device/v1",
            Self::Recovery => b"doorward/recovery/v1",
            Self::Undo => b"doorward/undo/v1",
            Self::Report => b"doorward/report/v1",
            Self::Seal => b"doorward/seal/v1",
            Self::Es256 => b"doorward/es256/v1",
            Self::EdDsa => b"doorward/eddsa/v1",
            Self::Bucket => b"doorward/budget/v1",
            Self::RootCheck => b"doorward/root-check/v1",
        }
    }
}

/// The secret of one epoch, from which its subkeys are derived (HKDF-SHA-256, RFC 5869).
pub(crate) struct EpochSecret(Prk);

impl EpochSecret {
    pub(crate) fn new(root: &RootSecret, epoch: &KeyEpoch) -> Self {
        Self::of_salt(root, &epoch.salt)
    }

    pub(crate) fn of_salt(root: &RootSecret, salt: &[u8; 32]) -> Self {
        Self(Salt::new(HKDF_SHA256, salt).extract(root.reveal()))
    }

    /// The secret that outlives every epoch, for digests that must stay the same.
    pub(crate) fn of_all_epochs(root: &RootSecret) -> Self {
        Self(Salt::new(HKDF_SHA256, BUCKET_SALT).extract(root.reveal()))
    }

    pub(crate) fn subkey(&self, purpose: Use) -> Result<Secret<[u8; 32]>, Unspecified> {
        self.expand(&[purpose.label()])
    }

    /// The n-th candidate for a key that not every string of bytes can be.
    pub(crate) fn candidate(&self, purpose: Use, counter: u8) -> Result<Secret<[u8; 32]>, Unspecified> {
        self.expand(&[purpose.label(), &[counter]])
    }

    pub(crate) fn mac(&self, purpose: Use) -> Result<Mac, Unspecified> {
        Ok(Mac::new(self.subkey(purpose)?.reveal()))
    }

    fn expand(&self, info: &[&[u8]]) -> Result<Secret<[u8; 32]>, Unspecified> {
        let mut bytes = [0; 32];
        self.0.expand(info, HKDF_SHA256)?.fill(&mut bytes)?;
        Ok(Secret::new(bytes))
    }
}

/// An HMAC-SHA-256 key.
pub(crate) struct Mac(hmac::Key);

impl Mac {
    fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The MAC of the parts, one after the other: the caller sees to it that they cannot blur.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        context.sign()
    }

    /// The first bytes of the MAC.
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; TAG_BYTES] {
        let mac = self.sign(parts);
        mac.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// Compares in constant time.
    pub(crate) fn is_tag(&self, parts: &[&[u8]], tag: &[u8; TAG_BYTES]) -> bool {
        self.tag(parts).ct_eq(tag).into()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
