use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use doorward_app::keys::{EpochRefresh, KeyEpochs};
use doorward_crypto::Keyring;
use doorward_kernel::{Clock, Timestamp};
use tokio::sync::Mutex;

/// The time that a reload is good for: strangers send what no key opens as often as they like.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// Looks for the epochs of other nodes when a token of none that is known turns up.
pub(crate) struct EpochReload {
    ring: Arc<Keyring>,
    epochs: Arc<dyn KeyEpochs>,
    clock: Arc<dyn Clock>,
    /// Held while a reload is under way, so that others who need one wait for it.
    reloaded_at: Mutex<Option<Timestamp>>,
}

impl EpochReload {
    pub(crate) fn new(ring: Arc<Keyring>, epochs: Arc<dyn KeyEpochs>, clock: Arc<dyn Clock>) -> Self {
        Self { ring, epochs, clock, reloaded_at: Mutex::new(None) }
    }
}

#[async_trait]
impl EpochRefresh for EpochReload {
    async fn refresh(&self) {
        let mut reloaded_at = self.reloaded_at.lock().await;
        if reloaded_at.is_some_and(|at| self.clock.now() < at + GOOD_FOR) {
            return;
        }
        match self.epochs.list().await.map(|epochs| self.ring.reload(epochs)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = &error as &dyn std::error::Error, "key epochs rejected"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "key epochs not read"),
        }
        *reloaded_at = Some(self.clock.now());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use doorward_app::keys::MockKeyEpochs;
    use doorward_crypto::{OsRandom, RootSecret, TokenSettings};
    use doorward_kernel::{ChallengeId, EpochId, KeyEpoch};
    use doorward_otp::FlowKeys;
    use doorward_testkit::fakes::FixedClock;

    use super::*;

    const ROOT: &str = "9f1c5f0c2f6e4b7a8d3e1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f";

    fn epoch(id: i32) -> KeyEpoch {
        let not_before = Timestamp::from_micros(i64::from(id));
        KeyEpoch { id: EpochId(id), salt: [id.to_be_bytes()[3]; 32], root_check: None, not_before, retired_at: None }
    }

    fn ring(epochs: Vec<KeyEpoch>, clock: &Arc<FixedClock>) -> Arc<Keyring> {
        let settings = TokenSettings::new("https://auth.example.com", "https://auth.example.com");
        let root = RootSecret::parse(ROOT).unwrap();
        Arc::new(Keyring::new(root, epochs, settings, clock.clone(), Arc::new(OsRandom)).unwrap())
    }

    #[tokio::test]
    async fn a_look_brings_the_keys_of_other_nodes_and_is_taken_once_a_second() {
        let clock = Arc::new(FixedClock::default());
        let (ours, theirs) = (ring(vec![epoch(1)], &clock), ring(vec![epoch(1), epoch(2)], &clock));
        let reloads = Arc::new(AtomicUsize::new(0));
        let mut stored = MockKeyEpochs::new();
        let counted = reloads.clone();
        stored.expect_list().returning(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(vec![epoch(1), epoch(2)])
        });
        let reload = EpochReload::new(ours.clone(), Arc::new(stored), clock.clone());
        let id = ChallengeId::from_bytes([7; 16]);
        let token = theirs.seal(id);
        assert_eq!(ours.open(&token), None);

        for _ in 0..100 {
            reload.refresh().await;
        }
        assert_eq!((ours.open(&token), reloads.load(Ordering::SeqCst)), (Some(id), 1));

        clock.advance(GOOD_FOR);
        reload.refresh().await;
        assert_eq!(reloads.load(Ordering::SeqCst), 2);
    }
}
