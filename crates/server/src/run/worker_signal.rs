use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_notifier::{Claimed, OutboxSignal};
use tokio::sync::{
    Mutex, Notify,
    mpsc::{Receiver, Sender, channel},
};

use crate::telemetry::Parent;

/// The most leased messages that wait in memory; what comes beyond is for whoever claims it.
const WAITING: usize = 1024;
/// The places that are left to those who have a lease and have not handed over yet.
const SPARE: usize = 64;

/// Wakes the workers of this process, and gives them what was written for them; a wake-up that nobody waits for
/// is remembered.
#[derive(Debug)]
pub(crate) struct WorkerSignal {
    wake: Notify,
    lease: Duration,
    leased: Sender<(Claimed, Option<Parent>)>,
    waiting: Mutex<Receiver<(Claimed, Option<Parent>)>>,
}

impl WorkerSignal {
    /// One whose messages are leased for that long.
    pub(crate) fn new(lease: Duration) -> Self {
        let (leased, waiting) = channel(WAITING);
        Self { wake: Notify::new(), lease, leased, waiting: Mutex::new(waiting) }
    }

    /// Waits for a wake-up.
    pub(crate) async fn notified(&self) {
        self.wake.notified().await;
    }

    /// Waits for a message that is leased for this process, with the span that wrote it, where traces are
    /// sent; `None` once none will come.
    pub(crate) async fn leased(&self) -> Option<(Claimed, Option<Parent>)> {
        self.waiting.lock().await.recv().await
    }

    /// Takes no more messages; those that are leased are still given.
    pub(crate) async fn close(&self) {
        self.waiting.lock().await.close();
    }
}

impl OutboxSignal for WorkerSignal {
    fn notify(&self) {
        self.wake.notify_one();
    }

    fn lease(&self, now: Timestamp) -> Option<Timestamp> {
        let has_room = !self.leased.is_closed() && self.leased.capacity() > SPARE;
        has_room.then(|| now + self.lease)
    }

    fn hand_over(&self, message: Claimed) {
        if self.leased.try_send((message, Parent::current())).is_err() {
            tracing::debug!("a message waits for the end of its lease, as no worker takes it");
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::{EmailAddress, Locale, MessageId};
    use doorward_notifier::{Content, Message, NoticeTemplate, Recipient};

    use super::*;

    fn message(n: u8) -> Claimed {
        let now = Timestamp::from_micros(0);
        let message = Message {
            id: MessageId::from_bytes([n; 16]),
            recipient: Recipient::Email(EmailAddress::parse("ada@example.com").unwrap()),
            locale: Locale::En,
            content: Content::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None },
            created_at: now,
            expires_at: now + Duration::from_mins(1),
        };
        Claimed { message, tries: 0, leased_until: now + Duration::from_secs(30), failed_provider: None }
    }

    #[tokio::test]
    async fn messages_are_given_in_their_order_even_after_the_close() {
        let signal = WorkerSignal::new(Duration::from_secs(30));
        signal.hand_over(message(1));
        signal.hand_over(message(2));

        signal.close().await;
        signal.hand_over(message(3));

        let given = async || signal.leased().await.map(|(message, _)| message);
        assert_eq!(given().await, Some(message(1)));
        assert_eq!(given().await, Some(message(2)));
        assert_eq!(given().await, None);
    }

    #[tokio::test]
    async fn nothing_is_leased_to_a_process_that_is_full_or_stops() {
        let (now, lease) = (Timestamp::from_micros(0), Duration::from_secs(30));
        let (full, stopped) = (WorkerSignal::new(lease), WorkerSignal::new(lease));
        assert_eq!(full.lease(now), Some(now + lease));

        for _ in 0..WAITING - SPARE {
            full.hand_over(message(1));
        }
        stopped.close().await;

        assert_eq!((full.lease(now), stopped.lease(now)), (None, None));
    }
}
