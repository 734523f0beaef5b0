use doorward_kernel::{StoreError, Timestamp};
use doorward_notifier::Claimed;

use super::{Start, Verification};

impl Verification {
    /// Starts the flow, and hands what it sends to the workers of this process.
    pub(crate) async fn launch(&self, start: Start, now: Timestamp) -> Result<(), StoreError> {
        let start = self.leased(start, now);
        let held = start.held();
        self.flows.start(start).await?;
        self.send(held);
        Ok(())
    }

    /// The start whose message is held for the workers of this process, which must then be [sent](Self::send).
    pub(crate) fn leased(&self, start: Start, now: Timestamp) -> Start {
        let leased_until = start.message.as_ref().and_then(|_| self.signal.lease(now));
        Start { leased_until, ..start }
    }

    /// Hands what was written held to the workers of this process; wakes them where it was not.
    pub(crate) fn send(&self, held: Option<Claimed>) {
        match held {
            Some(message) => self.signal.hand_over(message),
            None => self.signal.notify(),
        }
    }
}

impl Start {
    /// Its message, if it is held for the workers of this process.
    pub(crate) fn held(&self) -> Option<Claimed> {
        let (message, leased_until) = self.message.clone().zip(self.leased_until)?;
        Some(Claimed { message, tries: 0, leased_until })
    }
}
