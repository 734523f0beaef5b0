use doorward_notifier::Bell;
use tokio::sync::Notify;

/// Wakes a worker of this process; a ring that nobody waits for is remembered.
#[derive(Debug, Default)]
pub(crate) struct WakeBell(Notify);

impl WakeBell {
    /// Waits for a ring.
    pub(crate) async fn rung(&self) {
        self.0.notified().await;
    }
}

impl Bell for WakeBell {
    fn ring(&self) {
        self.0.notify_one();
    }
}
