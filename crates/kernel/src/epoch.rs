use crate::{Random, Timestamp};

/// Numbers a key epoch; later epochs have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EpochId(pub i32);

/// A period of key use: with the root secret, its salt gives every key of the period.
///
/// The salt alone is worth nothing, so it may be stored and copied freely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEpoch {
    /// Its number.
    pub id: EpochId,
    /// 32 random bytes, the HKDF salt (RFC 5869, section 3.1).
    pub salt: [u8; 32],
    /// A check value of the root secret and the salt, by which another root secret is noticed; `None`
    /// where nobody noted it.
    pub root_check: Option<[u8; 32]>,
    /// From when on new secrets are made under it; published before.
    pub not_before: Timestamp,
    /// From when on nothing made under it is accepted; `None` while it is.
    pub retired_at: Option<Timestamp>,
}

impl KeyEpoch {
    /// Takes the epoch that is numbered after all of these, or number 1.
    pub fn after(epochs: &[Self], not_before: Timestamp, random: &dyn Random) -> Self {
        let latest = epochs.iter().map(|epoch| epoch.id.0).max().unwrap_or_default();
        let mut salt = [0; 32];
        random.fill(&mut salt);
        Self { id: EpochId(latest.saturating_add(1)), salt, root_check: None, not_before, retired_at: None }
    }

    /// The same with a note of what the root secret makes of its salt.
    pub fn noted_by(self, root: &dyn RootChecks) -> Self {
        Self { root_check: root.root_check(&self.salt), ..self }
    }

    /// Returns whether what was made under it is accepted: `retired_at <= now` is retired.
    pub fn is_accepted(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|retired_at| now < retired_at)
    }

    /// Returns whether it may be used: `not_before <= now` has begun.
    pub fn has_begun(&self, now: Timestamp) -> bool {
        self.not_before <= now
    }
}

/// Makes of a salt what this root secret alone makes of it.
///
/// It tells nothing of the secret or of any key, so it may be stored and copied freely.
pub trait RootChecks: Send + Sync {
    /// 32 bytes; `None` if they cannot be made.
    fn root_check(&self, salt: &[u8; 32]) -> Option<[u8; 32]>;
}
