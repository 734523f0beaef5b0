use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use doorward_app::keys::EpochRefresh;

/// Leaves the key epochs as they are, and counts how often it was asked to refresh them.
#[derive(Debug, Default)]
pub struct CountedRefreshes(AtomicUsize);

impl CountedRefreshes {
    /// Returns how often a refresh was asked for.
    pub fn refreshes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl EpochRefresh for CountedRefreshes {
    async fn refresh(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
