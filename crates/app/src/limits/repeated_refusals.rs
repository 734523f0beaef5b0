use std::{sync::atomic::Ordering, time::Duration};

use doorward_kernel::{ChallengeId, DeviceOwner, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Take};
use doorward_otp::{Challenge, Target};

use super::{AdmitError, CallKind, Caller, FlowLock, RateLimiter};
use crate::metrics::{self, Disclosure};

/// The time for which a refusal is repeated without asking: a refund meanwhile counts a second late.
const REPEATED: Duration = Duration::from_secs(1);
/// The time for which the owner of an identifier that a refused caller names is cached.
const OWNED: Duration = Duration::from_secs(1);
/// The time for which it is cached that a flow was not started by a known device; that never changes.
const STARTED: Duration = Duration::from_mins(1);

/// The buckets that whoever floods us runs into.
const OF_FLOODS: [BucketKind; 8] = [
    BucketKind::IP_CREDENTIALS,
    BucketKind::IP_FAILURES,
    BucketKind::IP_SENDS,
    BucketKind::IP_REGISTRATIONS,
    BucketKind::NET_FAILURES,
    BucketKind::NET_SENDS,
    BucketKind::REFRESH,
    BucketKind::CLIENT_FAILURES,
];

// A known device takes from buckets of its own wherever it calls from, so a refusal of its host
// does not refuse it before it is known whose device it is.
impl RateLimiter {
    /// Refuses again whom this node has just refused: a flood costs one statement a second and not one a call.
    pub(super) fn repeat_refusal(&self, explicit: &[Take], now: Timestamp) -> Result<(), AdmitError> {
        let known = |take: &Take| Some((take.key.kind, self.memory.refused.get(take.key, now)?));
        let refused: Vec<_> = explicit.iter().filter_map(known).collect();
        for (kind, _) in &refused {
            metrics::refused(*kind, Disclosure::Explicit);
        }
        match refused.into_iter().map(|(_, retry_after)| retry_after).max() {
            Some(retry_after) => Err(AdmitError::Limited { retry_after }),
            None => Ok(()),
        }
    }

    /// Remembers a refusal and the seconds that its caller is told to wait.
    pub(super) fn remember_refusal(&self, refused: &[BucketKey], retry_after: u32, now: Timestamp) {
        for bucket in refused.iter().filter(|bucket| OF_FLOODS.contains(&bucket.kind)) {
            self.memory.refused.learn(*bucket, retry_after, REPEATED, now);
            self.memory.refused_until.fetch_max((now + REPEATED).as_micros(), Ordering::Relaxed);
        }
    }

    /// Refuses a call that comes with its identifier again, if its caller has just been refused and is no known device.
    pub(crate) async fn refuse_again(
        &self,
        (identifier, kind): (&Target, CallKind),
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        let is_asked = caller.device.is_some() && self.is_refused(caller, now);
        if is_asked && self.known_device(caller, identifier).await?.is_some() {
            return Ok(());
        }
        self.repeat_refusal(&self.takes_of_call(caller, None, kind), now)
    }

    /// The same for a call that also names flows, if it is known that no known device started any of them.
    pub(crate) async fn refuse_resumed_again(
        &self,
        flows: &[ChallengeId],
        call: (&Target, CallKind),
        caller: &Caller,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        let is_strangers = |id: &ChallengeId| self.memory.flows_of_strangers.get(*id, now).is_some();
        if flows.is_empty() || !flows.iter().all(is_strangers) {
            return Ok(());
        }
        self.refuse_again(call, caller, now).await
    }

    /// Refuses a call that names a flow again, if its caller has just been refused and no known device started it.
    pub(crate) fn refuse_flow_again(
        &self,
        id: ChallengeId,
        caller: &Caller,
        kind: CallKind,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        match self.memory.flows_of_strangers.get(id, now) {
            Some(()) => self.repeat_refusal(&self.takes_of_call(caller, None, kind), now),
            None => Ok(()),
        }
    }

    /// Waits for the tries at the flow that came before.
    pub(crate) async fn lock_flow(&self, id: ChallengeId) -> FlowLock {
        self.memory.flow_locks.lock(id).await
    }

    /// Remembers that no known device started the flow, where a refused caller names it.
    pub(crate) fn note_flow(&self, id: ChallengeId, found: Option<&Challenge>, caller: &Caller, now: Timestamp) {
        if found.is_none_or(|challenge| challenge.known_device.is_none()) && self.is_refused(caller, now) {
            self.memory.flows_of_strangers.learn(id, (), STARTED, now);
        }
    }

    /// Finds who has verified the identifier, and their known devices; for a refused caller, cached for a second.
    pub(super) async fn owner(
        &self,
        caller: &Caller,
        identifier: &Target,
        now: Timestamp,
    ) -> Result<Option<DeviceOwner>, StoreError> {
        let key = BucketKey::new(&*self.digests, BucketKind::IP_CREDENTIALS, identifier.as_str()).subject;
        let is_refused = self.is_refused(caller, now);
        if let Some(owner) = self.memory.owners.get(key, now).filter(|_| is_refused) {
            return Ok(owner);
        }
        let owner = match identifier {
            Target::Email(email) => self.users.find_by_email(email).await?,
            Target::Phone(number) => self.users.find_by_phone(number).await?.owner,
        };
        let owner = owner.map(|owner| owner.device_owner());
        if is_refused {
            self.memory.owners.learn(key, owner, OWNED, now);
        }
        Ok(owner)
    }

    fn is_refused(&self, caller: &Caller, now: Timestamp) -> bool {
        // Most of the time nobody is, and no subject has to be digested to know it.
        if self.memory.refused_until.load(Ordering::Relaxed) <= now.as_micros() {
            return false;
        }
        let takes = [CallKind::Check, CallKind::Start].map(|kind| self.takes_of_call(caller, None, kind)).concat();
        takes.iter().any(|take| self.memory.refused.get(take.key, now).is_some())
    }
}
