use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use doorward_app::keys::EpochNews;

/// Has no news of key epochs, and counts how often it was asked.
#[derive(Debug, Default)]
pub struct NoNews(AtomicUsize);

impl NoNews {
    /// How often it was asked.
    pub fn looks(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl EpochNews for NoNews {
    async fn look(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
