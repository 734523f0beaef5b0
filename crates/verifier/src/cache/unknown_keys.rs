use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::keys::Thumbprint;

/// Names that no key had when they were looked for, so that nobody fetches for them again soon.
#[derive(Debug, Default)]
pub(super) struct UnknownKeys(HashMap<Thumbprint, Instant>);

impl UnknownKeys {
    const MEMORY: Duration = Duration::from_mins(1);
    const MOST: usize = 1024;

    pub(super) fn insert(&mut self, kid: Thumbprint, now: Instant) {
        if self.0.len() >= Self::MOST {
            self.0.retain(|_, since| Self::is_recent(*since, now));
        }
        // A full memory is no harm: the pause between fetches still holds.
        if self.0.len() < Self::MOST {
            self.0.insert(kid, now);
        }
    }

    pub(super) fn has(&self, kid: Thumbprint, now: Instant) -> bool {
        self.0.get(&kid).is_some_and(|since| Self::is_recent(*since, now))
    }

    fn is_recent(since: Instant, now: Instant) -> bool {
        now.duration_since(since) < Self::MEMORY
    }
}
