use doorward_kernel::{StoreError, Timestamp};
use doorward_notifier::{Claimed, Message};
use doorward_user::User;

use super::{Start, Verification};
use crate::sessions::NewDevice;

impl Verification {
    /// Starts the flow, and hands what it sends to the workers of this process.
    pub(crate) async fn launch(&self, start: Start, now: Timestamp) -> Result<(), StoreError> {
        let start = self.leased(start, now);
        let leased = start.leased();
        self.flows.start(start).await?;
        self.send(leased);
        Ok(())
    }

    /// The start whose message is leased for the workers of this process, which must then be [sent](Self::send).
    pub(crate) fn leased(&self, start: Start, now: Timestamp) -> Start {
        let leased_until = start.message.as_ref().and_then(|_| self.signal.lease(now));
        Start { leased_until, ..start }
    }

    /// Hands what was written leased to the workers of this process; wakes them where it was not.
    pub(crate) fn send(&self, leased: Option<Claimed>) {
        match leased {
            Some(message) => self.signal.hand_over(message),
            None => self.signal.notify(),
        }
    }

    /// The device whose notice is leased, like the message of a [start](Self::leased).
    pub(crate) fn leased_device(&self, device: NewDevice, now: Timestamp) -> NewDevice {
        NewDevice { leased_until: self.signal.lease(now), ..device }
    }

    /// Sends the notice of a device, where it was written: then the account, as it is after its login, says so.
    pub(crate) fn send_device(&self, device: NewDevice, owner: &User, now: Timestamp) {
        if owner.logins.new_device_notified_at == Some(now) {
            self.send(claimed(device.notice, device.leased_until));
        }
    }
}

impl Start {
    /// Its message, if it is leased for the workers of this process.
    pub(crate) fn leased(&self) -> Option<Claimed> {
        claimed(self.message.clone()?, self.leased_until)
    }
}

fn claimed(message: Message, leased_until: Option<Timestamp>) -> Option<Claimed> {
    Some(Claimed { message, tries: 0, leased_until: leased_until?, failed_provider: None })
}
