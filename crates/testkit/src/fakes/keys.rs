use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::{ChallengeId, EpochId, RootChecks, Secret, UserId};
use doorward_limit::{BucketKind, Digests};
use doorward_otp::{
    ChallengeKeys, Purpose, RecoveryCode, RecoveryDigest, RecoveryDigests, SealedSeed, SeedSealError, SeedSealer,
    TotpSeed,
};

use super::tag::digest;

/// Keys and tokens that anyone can compute: **for tests alone**.
///
/// They behave like real ones: the same everywhere, different for different inputs, and what
/// they did not make is not opened. Implements [`ChallengeKeys`], [`RecoveryDigests`], [`SeedSealer`], [`FlowTokens`](doorward_otp::FlowTokens),
/// [`SessionTokens`](doorward_session::SessionTokens) and [`TokenSigner`](doorward_session::TokenSigner).
#[derive(Debug)]
pub struct TestKeys(Mutex<Epochs>);

#[derive(Debug)]
struct Epochs {
    current: EpochId,
    retired: BTreeSet<EpochId>,
}

impl TestKeys {
    /// Moves on to another epoch; what was made before stays good.
    pub fn begin_epoch(&self, epoch: EpochId) {
        self.epochs().current = epoch;
    }

    /// Deletes the keys of an epoch.
    pub fn retire_epoch(&self, epoch: EpochId) {
        self.epochs().retired.insert(epoch);
    }

    fn epochs(&self) -> MutexGuard<'_, Epochs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecoveryDigests for TestKeys {
    fn digest(&self, user: UserId, code: &RecoveryCode) -> RecoveryDigest {
        recovery_digest(self.current_epoch(), user, code)
    }

    fn accepted_digests(&self, user: UserId, code: &RecoveryCode) -> Vec<RecoveryDigest> {
        let retired = self.epochs().retired.clone();
        let accepted = (1..=self.current_epoch().0).map(EpochId).filter(|epoch| !retired.contains(epoch));
        accepted.map(|epoch| recovery_digest(epoch, user, code)).collect()
    }
}

/// Seals by writing the user in front of the seed: **for tests alone**.
impl SeedSealer for TestKeys {
    fn seal_seed(&self, user: UserId, seed: &TotpSeed) -> Result<SealedSeed, SeedSealError> {
        Ok(SealedSeed { epoch: self.current_epoch(), bytes: [user.to_bytes().as_slice(), seed.reveal()].concat() })
    }

    fn open_seed(&self, user: UserId, sealed: &SealedSeed) -> Option<TotpSeed> {
        let is_good = !self.epochs().retired.contains(&sealed.epoch);
        let seed = sealed.bytes.strip_prefix(&user.to_bytes()).filter(|_| is_good)?;
        seed.try_into().ok().map(TotpSeed::from_bytes)
    }
}

fn recovery_digest(epoch: EpochId, user: UserId, code: &RecoveryCode) -> RecoveryDigest {
    digest(&[b"recovery", &epoch.0.to_be_bytes(), &user.to_bytes(), code.reveal().as_bytes()])
}

/// Another salt is another check.
impl RootChecks for TestKeys {
    fn root_check(&self, salt: &[u8; 32]) -> Option<[u8; 32]> {
        Some(salt.map(|byte| !byte))
    }
}

impl Default for TestKeys {
    /// In epoch 1, with none retired.
    fn default() -> Self {
        Self(Mutex::new(Epochs { current: EpochId(1), retired: BTreeSet::new() }))
    }
}

/// A digest that anybody can compute, as SHA-256 is.
pub fn plain_digest(bytes: &[u8]) -> [u8; 32] {
    digest(&[bytes])
}

impl Digests for TestKeys {
    fn digest(&self, kind: BucketKind, subject: &str) -> [u8; 32] {
        digest(&[b"budget", kind.as_str().as_bytes(), subject.as_bytes()])
    }
}

impl ChallengeKeys for TestKeys {
    fn current_epoch(&self) -> EpochId {
        self.epochs().current
    }

    fn challenge_key(
        &self,
        epoch: EpochId,
        id: ChallengeId,
        purpose: Purpose,
        target: &str,
    ) -> Option<Secret<Vec<u8>>> {
        let is_good = epoch <= self.current_epoch() && !self.epochs().retired.contains(&epoch);
        let parts: &[&[u8]] = &[&epoch.0.to_be_bytes(), &id.to_bytes(), purpose.as_str().as_bytes(), target.as_bytes()];
        is_good.then(|| Secret::new(digest(parts).to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    fn code(keys: &(dyn ChallengeKeys + 'static), n: u32) -> Option<String> {
        keys.code(&fixtures::challenge(n)).map(|code| code.reveal().to_owned())
    }

    #[test]
    fn a_challenge_has_one_code_until_its_epoch_is_retired() {
        let keys = TestKeys::default();
        let before = code(&keys, 1);

        keys.begin_epoch(EpochId(2));

        assert_eq!(before, code(&keys, 1));
        assert_ne!(before, code(&keys, 2));
        keys.retire_epoch(EpochId(1));
        assert_eq!(code(&keys, 1), None);
    }
}
