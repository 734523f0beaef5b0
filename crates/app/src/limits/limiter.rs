use std::sync::Arc;

use doorward_kernel::{DeviceOwner, Secret, SessionId, StoreError, Timestamp};
use doorward_limit::{
    AddressSubjects, BucketKey, BucketKind, Digests, Limit, Limits, Refusal, Take, TakeOutcome, retry_after,
};
use doorward_otp::{KnownDevice, Target};
use doorward_session::SessionTokens;
use doorward_user::Users;

use super::{BufferedBuckets, CallKind, Caller, Incidents, Memory, Puzzles, SprayDetector};
use crate::{ClockAndIds, metrics::Disclosure};

/// Takes from the limits that all nodes share, and says what a call that one refuses is told.
#[derive(Clone)]
pub struct RateLimiter {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The buckets, as this node takes from them.
    pub buckets: Arc<BufferedBuckets>,
    /// The keyed digests of bucket subjects.
    pub digests: Arc<dyn Digests>,
    /// Recognises known devices.
    pub tokens: Arc<dyn SessionTokens>,
    /// The owners of verified addresses and numbers.
    pub users: Arc<dyn Users>,
    /// Where refusals and warnings are recorded.
    pub incidents: Arc<dyn Incidents>,
    /// The cache of this node; one for all its limiters.
    pub memory: Arc<Memory>,
    /// Whether somebody tries many accounts, so that the threat level is elevated.
    pub spray: Arc<SprayDetector>,
    /// The puzzles that let a caller through such limits.
    pub puzzles: Arc<dyn Puzzles>,
    /// The numbers.
    pub limits: Arc<Limits>,
}

/// Why a call is not looked at.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// Its host or network, account or session has used up a bucket.
    #[error("a rate limit is exhausted")]
    Limited {
        /// The seconds to wait, coarse.
        retry_after: u32,
    },
    /// Nobody knows what is left, so nothing is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RateLimiter {
    /// The device of a call, if the owner of the address or number has logged in with it before.
    ///
    /// The owner is who has verified it: whoever only claims it could collect devices, and with
    /// each of them new tries at somebody else's number.
    pub(crate) async fn known_device(
        &self,
        caller: &Caller,
        identifier: &Target,
    ) -> Result<Option<KnownDevice>, StoreError> {
        if caller.device.is_none() {
            return Ok(None);
        }
        let owner = self.owner(caller, identifier, self.clock_and_ids.now()).await?;
        Ok(owner.and_then(|owner| self.device_of(caller, owner)))
    }

    /// The device of a call, if the account has logged in with it before. Each counts for itself.
    pub(crate) fn device_of(&self, caller: &Caller, owner: DeviceOwner) -> Option<KnownDevice> {
        let token = caller.device.as_ref().map(Secret::reveal)?;
        let digest = |subject: &str| self.digests.digest(BucketKind::KNOWN_DEVICE, subject);
        let known = || KnownDevice::new(digest(&owner.user.to_string()), digest(token));
        self.tokens.is_known_device(token, owner).then(known)
    }

    /// Admits a call that sends nothing.
    pub(crate) async fn admit_call(
        &self,
        caller: &Caller,
        known: Option<KnownDevice>,
        now: Timestamp,
    ) -> Result<(), AdmitError> {
        self.admit(self.takes_of_call(caller, known, CallKind::Plain), now).await
    }

    /// Admits a refresh of the session.
    pub(crate) async fn admit_refresh(&self, session: SessionId, now: Timestamp) -> Result<(), AdmitError> {
        self.admit(vec![self.one(BucketKind::REFRESH, &session.to_string(), &self.limits.refresh)], now).await
    }

    /// Counts a wrong secret of a resource server.
    pub(crate) async fn client_failed(&self, caller: &Caller, now: Timestamp) -> Result<(), AdmitError> {
        let host = AddressSubjects::of(caller.address).host;
        self.admit(vec![self.one(BucketKind::CLIENT_FAILURES, &host, &self.limits.client_failures)], now).await
    }

    pub(super) fn one(&self, kind: BucketKind, subject: &str, limit: &Limit) -> Take {
        Take::one(BucketKey::new(&*self.digests, kind, subject), limit.clone())
    }

    /// Takes all, or tells to wait.
    pub(crate) async fn admit(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), AdmitError> {
        self.admit_with(&takes, &[], now).await.map(drop)
    }

    /// Takes from the caller's and the identifier's limits in one step; the outcome is that of the identifier's.
    ///
    /// If only one of those refuses, takes from the caller's alone, and the call goes on as a decoy. So those who try
    /// at a used-up identifier run into the buckets of their host as anyone does.
    pub(super) async fn admit_with(
        &self,
        explicit: &[Take],
        silent: &[Take],
        now: Timestamp,
    ) -> Result<TakeOutcome, AdmitError> {
        self.repeat_refusal(explicit, now)?;
        let outcome = self.try_take(explicit, silent, now).await?;
        if !outcome.is_admitted() && !explicit.is_empty() {
            self.try_take(explicit, &[], now).await?;
        }
        Ok(outcome)
    }

    /// Takes from all or from none; what the identifier's limits say, where none of the caller's refuses.
    async fn try_take(&self, explicit: &[Take], silent: &[Take], now: Timestamp) -> Result<TakeOutcome, AdmitError> {
        let outcome = self.buckets.take([explicit, silent].concat(), now).await?;
        let is_of_caller = |refusal: &&Refusal| explicit.iter().any(|take| take.key == refusal.key);
        let of_caller: Vec<_> = outcome.refusals().iter().filter(is_of_caller).copied().collect();
        if of_caller.is_empty() {
            return Ok(outcome);
        }
        let of_caller = TakeOutcome::Refused(of_caller);
        let retry_after = retry_after(of_caller.retry_at(), now);
        self.remember_refusal(&of_caller.refused(), retry_after, now);
        self.was_refused(&of_caller, Disclosure::Explicit, now);
        Err(AdmitError::Limited { retry_after })
    }
}
