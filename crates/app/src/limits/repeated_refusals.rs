use std::time::Duration;

use doorward_kernel::{ChallengeId, DeviceOwner, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Take};
use doorward_otp::{Challenge, Target};

use super::{AdmitError, Caller, FlowLock, RateLimiter, StartKind, recent::Recent};

/// How long it is known who owns an identifier that a refused caller names.
const OWNED: Duration = Duration::from_secs(1);
/// How long it is known that a flow was not started by a known device; that never changes.
const STARTED: Duration = Duration::from_mins(1);

/// A cache of the owners and flows that refused callers ask for, which saves a look-up per call.
///
/// A known device takes from buckets of its own wherever it calls from, so a refusal of its host
/// does not refuse it before it is known whose device it is.
#[derive(Debug, Default)]
pub(super) struct Named {
    owners: Recent<[u8; 32], Option<DeviceOwner>>,
    flows: Recent<ChallengeId, ()>,
}

impl RateLimiter {
    /// Refuses a try that comes with its identifier again, if its caller has just been refused and is no known device.
    pub(crate) async fn refuse_check_again(
        &self,
        caller: &Caller,
        identifier: &Target,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        let is_asked = caller.device.is_some() && self.is_refused(caller, now);
        if is_asked && self.known_device(caller, identifier).await?.is_some() {
            return Ok(());
        }
        self.repeat_refusal(&self.check_takes(caller), now)
    }

    /// Refuses a try at a flow again, if its caller has just been refused and no known device started it.
    pub(crate) fn refuse_flow_again(&self, id: ChallengeId, caller: &Caller, now: Timestamp) -> Result<(), AdmitError> {
        match self.memory.named.flows.get(id, STARTED, now) {
            Some(()) => self.repeat_refusal(&self.check_takes(caller), now),
            None => Ok(()),
        }
    }

    /// The same for a code that is to be sent again.
    pub(crate) fn refuse_resend_again(
        &self,
        id: ChallengeId,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        match self.memory.named.flows.get(id, STARTED, now) {
            Some(()) => self.repeat_refusal(&self.send_takes(caller), now),
            None => Ok(()),
        }
    }

    /// Waits for the tries at the flow that came before.
    pub(crate) async fn lock_flow(&self, id: ChallengeId) -> FlowLock {
        self.memory.flows.lock(id).await
    }

    /// Remembers that no known device started the flow, where a refused caller names it.
    pub(crate) fn note_flow(&self, id: ChallengeId, found: Option<&Challenge>, caller: &Caller, now: Timestamp) {
        if found.is_none_or(|challenge| challenge.known_device.is_none()) && self.is_refused(caller, now) {
            self.memory.named.flows.learn(id, (), STARTED, now);
        }
    }

    /// Who has verified the identifier, and which of their devices are known; of a caller that is refused, as of a second ago at most.
    pub(super) async fn owner(
        &self,
        caller: &Caller,
        identifier: &Target,
        now: Timestamp,
    ) -> Result<Option<DeviceOwner>, StoreError> {
        let key = BucketKey::new(&*self.digests, BucketKind::IP_CREDENTIALS, identifier.as_str()).subject;
        let is_refused = self.is_refused(caller, now);
        if let Some(owner) = self.memory.named.owners.get(key, OWNED, now).filter(|_| is_refused) {
            return Ok(owner);
        }
        let owner = match identifier {
            Target::Email(email) => self.users.find_by_email(email).await?,
            Target::Phone(number) => self.users.find_by_phone(number).await?.owner,
        };
        let owner = owner.map(|owner| owner.device_owner());
        if is_refused {
            self.memory.named.owners.learn(key, owner, OWNED, now);
        }
        Ok(owner)
    }

    fn is_refused(&self, caller: &Caller, now: Timestamp) -> bool {
        let takes = [self.check_takes(caller), self.send_takes(caller)].concat();
        self.memory.refused.among(&takes, now).is_some()
    }

    fn check_takes(&self, caller: &Caller) -> Vec<Take> {
        [vec![self.call_take(caller, None)], self.failure_takes(caller, None)].concat()
    }

    fn send_takes(&self, caller: &Caller) -> Vec<Take> {
        self.start_takes(caller, StartKind::Send)
    }
}
