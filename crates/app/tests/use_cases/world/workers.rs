use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use doorward_app::flow::Verification;
use doorward_kernel::{Clock, MessageId, Timestamp};
use doorward_notifier::{Claimed, Message, OutboxSignal};

use super::World;

const LEASE: Duration = Duration::from_secs(30);

/// Workers of this process: what they were handed.
#[derive(Default)]
pub(crate) struct Workers(Mutex<Vec<Claimed>>);

impl Workers {
    /// Workers of what is started there.
    pub(crate) fn of(verification: &mut Verification) -> Arc<Self> {
        let workers = Arc::new(Self::default());
        verification.signal = workers.clone();
        workers
    }

    /// Returns what they were handed, which must be all that waits, and must be leased for them.
    pub(crate) async fn handed_what_is_leased(&self, world: &World) -> Vec<Message> {
        let by_id = |messages: Vec<Claimed>| -> BTreeMap<MessageId, Message> {
            messages.into_iter().map(|claimed| (claimed.message.id, claimed.message)).collect()
        };
        let handed = by_id(self.0.lock().unwrap().drain(..).collect());
        let end = world.clock.now() + LEASE;
        let later = end + LEASE;
        let sooner = world.stores.outbox().claim(end - Duration::from_micros(1), later, 100).await.unwrap();
        assert_eq!(sooner, []);
        assert_eq!(by_id(world.stores.outbox().claim(end, later, 100).await.unwrap()), handed);
        handed.into_values().collect()
    }
}

impl OutboxSignal for Workers {
    fn notify(&self) {}

    fn lease(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now + LEASE)
    }

    fn hand_over(&self, message: Claimed) {
        self.0.lock().unwrap().push(message);
    }
}
