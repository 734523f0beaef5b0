use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::{ChallengeId, EpochId, Secret};
use doorward_limit::{BudgetKind, Digests};
use doorward_otp::{ChallengeKeys, Purpose};

use super::tag::digest;

/// Keys and tokens that anyone can compute: **for tests alone**.
///
/// They behave like real ones: the same everywhere, different for different inputs, and what
/// they did not make is not opened. Implements [`ChallengeKeys`], [`FlowTokens`](doorward_otp::FlowTokens),
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

    /// Forgets the keys of an epoch.
    pub fn retire_epoch(&self, epoch: EpochId) {
        self.epochs().retired.insert(epoch);
    }

    fn epochs(&self) -> MutexGuard<'_, Epochs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for TestKeys {
    /// In epoch 1, with none retired.
    fn default() -> Self {
        Self(Mutex::new(Epochs { current: EpochId(1), retired: BTreeSet::new() }))
    }
}

impl Digests for TestKeys {
    fn digest(&self, kind: BudgetKind, subject: &str) -> [u8; 32] {
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
