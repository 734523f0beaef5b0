use std::{
    cmp::Reverse,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_lc_rs::error::Unspecified;
use doorward_kernel::{Clock, EpochId, KeyEpoch, Random, Timestamp};

use crate::{
    RootSecrets, TokenSettings,
    epoch_keys::EpochKeys,
    signing::VerifiedTokens,
    subkey::{EpochSecret, Mac, Use},
};

/// All keys of a node: those of every epoch, derived once, shared by all threads.
///
/// The current epoch is the latest one that has begun and is not retired. What was made
/// under another one is accepted until that one is retired, even before it has begun: the
/// clock of the node that made it may be ahead.
pub struct Keyring {
    roots: RootSecrets,
    pub(crate) settings: TokenSettings,
    clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) bucket: Mac,
    epochs: RwLock<Arc<Epochs>>,
}

/// Why a keyring could not be made of a list of epochs.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Every epoch is retired, or there is none.
    #[error("there is no key epoch that is not retired")]
    NoEpoch,
    /// An epoch was made with another root secret, which alone opens what was made under it.
    #[error("the root secret is not the one that key epoch {} was made with", .0.0)]
    OtherRoot(EpochId),
    /// The keys of an epoch could not be derived.
    #[error("the keys of an epoch could not be derived")]
    Derivation(#[source] Unspecified),
}

impl Keyring {
    /// Derives the keys of all epochs.
    pub fn new(
        roots: impl Into<RootSecrets>,
        epochs: Vec<KeyEpoch>,
        settings: TokenSettings,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, KeyringError> {
        let roots = roots.into();
        let bucket = EpochSecret::of_all_epochs(&roots.current).mac(Use::Bucket).map_err(KeyringError::Derivation)?;
        let epochs = Epochs::derive(&roots, epochs, &settings, clock.now())?;
        Ok(Self { roots, settings, clock, random, bucket, epochs: RwLock::new(Arc::new(epochs)) })
    }

    /// Takes the epochs as they are now; on error the former ones stay.
    pub fn reload(&self, epochs: Vec<KeyEpoch>) -> Result<(), KeyringError> {
        if self.epochs().is_of(&epochs) {
            return Ok(());
        }
        let epochs = Epochs::derive(&self.roots, epochs, &self.settings, self.clock.now())?;
        *self.epochs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(epochs);
        Ok(())
    }

    /// The `kid` of an epoch's signing key, retired or not; `None` for an unknown epoch.
    pub fn kid(&self, epoch: EpochId) -> Option<String> {
        self.epochs().newest_first.iter().find(|keys| keys.epoch.id == epoch).map(|keys| keys.signing.kid().to_owned())
    }

    pub(crate) fn epochs(&self) -> Arc<Epochs> {
        Arc::clone(&self.epochs.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn current(&self) -> Arc<EpochKeys> {
        self.epochs().current(self.now())
    }

    /// Tries the keys of the accepted epochs on something that strangers sent, newest first.
    pub(crate) fn find<T>(&self, open: impl Fn(&EpochKeys) -> Option<T>) -> Option<T> {
        self.epochs().accepted(self.now()).find_map(open)
    }

    /// The keys of the epoch, unless it is unknown or retired.
    pub(crate) fn accepted(&self, id: EpochId) -> Option<Arc<EpochKeys>> {
        self.epochs()
            .newest_first
            .iter()
            .find(|keys| keys.epoch.id == id && keys.is_accepted(self.clock.now()))
            .cloned()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("epochs", &self.epochs().newest_first).finish_non_exhaustive()
    }
}

/// The derived keys of a list of epochs.
pub(crate) struct Epochs {
    newest_first: Vec<Arc<EpochKeys>>,
    /// The earliest one that is not retired, for a node whose clock says that none has begun.
    fallback: Arc<EpochKeys>,
    /// Tokens that these keys have signed; other epochs begin without any.
    pub(crate) verified: VerifiedTokens,
}

impl Epochs {
    fn derive(
        roots: &RootSecrets,
        epochs: Vec<KeyEpoch>,
        settings: &TokenSettings,
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let mut newest_first = epochs
            .into_iter()
            .map(|epoch| {
                let root = match roots.of(&epoch) {
                    Some(root) => root,
                    None if epoch.is_accepted(now) => return Err(KeyringError::OtherRoot(epoch.id)),
                    // Nothing is made or opened with it any more.
                    None => &roots.current,
                };
                EpochKeys::derive(root, epoch, settings.algorithm).map(Arc::new).map_err(KeyringError::Derivation)
            })
            .collect::<Result<Vec<_>, _>>()?;
        newest_first.sort_by_key(|keys| Reverse((keys.epoch.not_before, keys.epoch.id)));
        let fallback = newest_first.iter().rfind(|keys| keys.is_accepted(now)).cloned().ok_or(KeyringError::NoEpoch)?;
        Ok(Self { newest_first, fallback, verified: VerifiedTokens::default() })
    }

    fn is_of(&self, epochs: &[KeyEpoch]) -> bool {
        epochs.len() == self.newest_first.len()
            && epochs.iter().all(|epoch| self.newest_first.iter().any(|keys| keys.epoch == *epoch))
    }

    fn current(&self, now: Timestamp) -> Arc<EpochKeys> {
        Arc::clone(self.accepted_arcs(now).find(|keys| keys.has_begun(now)).unwrap_or(&self.fallback))
    }

    /// The epochs that are not retired, newest first.
    pub(crate) fn accepted(&self, now: Timestamp) -> impl Iterator<Item = &EpochKeys> {
        self.accepted_arcs(now).map(Arc::as_ref)
    }

    /// The accepted epochs but for those whose successor began longer ago than that, newest first.
    pub(crate) fn published(&self, now: Timestamp, after: Duration) -> impl Iterator<Item = &EpochKeys> {
        let mut is_over = false;
        self.accepted(now).take_while(move |keys| {
            let is_published = !is_over;
            is_over = keys.has_begun(now - after);
            is_published
        })
    }

    fn accepted_arcs(&self, now: Timestamp) -> impl Iterator<Item = &Arc<EpochKeys>> {
        self.newest_first.iter().filter(move |keys| keys.is_accepted(now))
    }
}

#[cfg(test)]
mod tests {
    use doorward_otp::FlowKeys;

    use doorward_kernel::RootChecks;

    use super::*;
    use crate::{
        RootSecret,
        fixtures::{Fixture, OTHER_ROOT, ROOT, epoch},
    };

    #[test]
    fn the_latest_epoch_that_has_begun_is_current() {
        let fixture = Fixture::new(vec![epoch(1, 0), epoch(3, 200), epoch(2, 100)]);

        for (second, current) in [(0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (1000, 3)] {
            fixture.clock.set(second);
            assert_eq!(fixture.keyring.current_epoch(), EpochId(current), "at {second}");
        }
    }

    #[test]
    fn a_retired_epoch_is_never_current() {
        let retired = KeyEpoch { retired_at: Some(Fixture::at(150)), ..epoch(2, 100) };
        let fixture = Fixture::new(vec![epoch(1, 0), retired]);

        fixture.clock.set(149);
        assert_eq!(fixture.keyring.current_epoch(), EpochId(2));
        fixture.clock.set(150);
        assert_eq!(fixture.keyring.current_epoch(), EpochId(1));
    }

    #[test]
    fn another_root_secret_opens_no_epoch_and_what_is_retired_or_was_not_noted_is_no_matter() {
        let [ours, other] = [ROOT, OTHER_ROOT].map(|text| RootSecret::parse(text).unwrap());
        let theirs = epoch(2, 100).noted_by(&other);

        assert!(Fixture::try_new(vec![epoch(1, 0).noted_by(&ours), epoch(3, 0)]).is_ok());
        let refused = Fixture::try_new(vec![epoch(1, 0), theirs.clone()]);
        assert!(matches!(refused, Err(KeyringError::OtherRoot(EpochId(2)))));
        assert!(Fixture::try_new(vec![epoch(1, 0), KeyEpoch { retired_at: Some(Fixture::at(0)), ..theirs }]).is_ok());
        assert_ne!(ours.root_check(&[1; 32]), ours.root_check(&[2; 32]));
    }

    #[test]
    fn a_node_whose_clock_is_behind_uses_the_earliest_epoch() {
        let fixture = Fixture::new(vec![epoch(1, 10), epoch(2, 20)]);

        assert_eq!(fixture.keyring.current_epoch(), EpochId(1));
    }

    #[test]
    fn a_reload_brings_new_epochs_and_a_failed_one_changes_nothing() {
        let fixture = Fixture::new(vec![epoch(1, 0)]);
        fixture.clock.set(100);

        fixture.keyring.reload(vec![epoch(1, 0), epoch(2, 50)]).unwrap();
        let refused = fixture.keyring.reload(Vec::new());

        assert!(matches!(refused, Err(KeyringError::NoEpoch)));
        assert_eq!(fixture.keyring.current_epoch(), EpochId(2));
    }

    #[test]
    fn retired_epochs_alone_make_no_keyring() {
        let retired = KeyEpoch { retired_at: Some(Fixture::at(0)), ..epoch(1, 0) };

        let refused = Fixture::try_new(vec![retired]);

        assert!(matches!(refused, Err(KeyringError::NoEpoch)));
    }

    #[test]
    fn debug_shows_epochs_and_no_key() {
        let fixture = Fixture::new(vec![epoch(1, 0)]);

        assert_eq!(format!("{:?}", fixture.keyring), "Keyring { epochs: [EpochKeys { epoch: EpochId(1), .. }], .. }");
    }
}
