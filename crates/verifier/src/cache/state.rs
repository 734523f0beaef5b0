use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::{CacheTimes, unknown_keys::UnknownKeys};
use crate::KeySet;

/// The state of the cache; every method is for one holder of its lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) times: CacheTimes,
    pub(super) unknown: UnknownKeys,
    fetched: Option<Fetched>,
    attempted_at: Option<Instant>,
    failures: u32,
    in_flight: Option<watch::Receiver<()>>,
}

#[derive(Debug)]
struct Fetched {
    keys: Arc<KeySet>,
    at: Instant,
    max_age: Duration,
}

/// The freshness of the keys.
pub(super) enum Freshness {
    /// Use them.
    Fresh(Arc<KeySet>),
    /// Use them, and renew them meanwhile.
    Ageing(Arc<KeySet>),
    /// Ask for newer ones first; use them if there are none.
    Old(Arc<KeySet>),
    /// There are none, or none that may still be used.
    Missing,
}

impl State {
    pub(super) fn new(times: CacheTimes) -> Self {
        Self { times, unknown: UnknownKeys::default(), fetched: None, attempted_at: None, failures: 0, in_flight: None }
    }

    pub(super) fn freshness(&self, now: Instant) -> Freshness {
        let Some(fetched) = self.fetched.as_ref() else { return Freshness::Missing };
        let age = now.duration_since(fetched.at);
        if age < fetched.max_age * 4 / 5 {
            Freshness::Fresh(Arc::clone(&fetched.keys))
        } else if age >= self.times.keep_through_outage.max(fetched.max_age) {
            Freshness::Missing
        } else if age < fetched.max_age || self.failures > 0 {
            Freshness::Ageing(Arc::clone(&fetched.keys))
        } else {
            Freshness::Old(Arc::clone(&fetched.keys))
        }
    }

    /// The keys, if any may be used, however old.
    pub(super) fn usable(&self, now: Instant) -> Option<Arc<KeySet>> {
        match self.freshness(now) {
            Freshness::Fresh(keys) | Freshness::Ageing(keys) | Freshness::Old(keys) => Some(keys),
            Freshness::Missing => None,
        }
    }

    /// Returns how long until the next fetch may begin.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        let pause = self.times.pause(self.failures);
        self.attempted_at.map_or(Duration::ZERO, |at| (at + pause).saturating_duration_since(now))
    }

    /// The fetch under way, if there is one; it has ended when its sender is gone.
    pub(super) fn in_flight(&self) -> Option<watch::Receiver<()>> {
        self.in_flight.clone().filter(|waiting| waiting.has_changed().is_ok())
    }

    /// Notes that a fetch begins, which ends when the sender is dropped.
    pub(super) fn begin(&mut self, now: Instant) -> (watch::Sender<()>, watch::Receiver<()>) {
        let (done, waiting) = watch::channel(());
        self.attempted_at = Some(now);
        self.in_flight = Some(waiting.clone());
        (done, waiting)
    }

    pub(super) fn succeed(&mut self, keys: KeySet, max_age: Duration, now: Instant) {
        self.fetched = Some(Fetched { keys: Arc::new(keys), at: now, max_age });
        self.failures = 0;
    }

    pub(super) fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failures > 0
    }
}
