use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKey, Buckets, Take, TakeOutcome};
use futures_util::lock;

use super::leases::Leases;

/// The buckets of all nodes, as this one takes from them.
///
/// Refunds are written in one statement a second. Until then the next take from the same
/// bucket is paid from it, so nobody of this node is refused for it.
pub struct BufferedBuckets {
    /// Where all nodes take.
    pub(super) store: Arc<dyn Buckets>,
    /// What was given back and the store does not know yet, by bucket and within that by limit.
    refunds: Mutex<HashMap<BucketKey, Vec<Take>>>,
    /// Held by who writes that.
    writing: lock::Mutex<()>,
    /// The leases of buckets that all nodes share.
    pub(super) leases: Leases,
}

impl BufferedBuckets {
    /// Of these buckets, nothing is held yet.
    pub fn new(store: Arc<dyn Buckets>) -> Self {
        Self { store, refunds: Mutex::default(), writing: lock::Mutex::default(), leases: Leases::default() }
    }

    /// Takes from all buckets, or from none when one of them refuses.
    pub(crate) async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        // A success clears the failures before it, and none of those that follow.
        if takes.iter().any(|take| is_lockout(take) && self.has_refund(take)) {
            self.write(Vec::new(), now).await?;
        }
        let outcome = self.take_once(takes.clone(), now).await?;
        if outcome.is_admitted() || !self.may_have_more(&takes) {
            return Ok(outcome);
        }
        // What is on its way to the store pays for nothing meanwhile: nobody is refused for that.
        self.write(Vec::new(), now).await?;
        self.take_once(takes, now).await
    }

    /// Gives back what was taken a moment ago for nothing; never beyond a full bucket.
    pub(crate) fn refund(&self, takes: impl IntoIterator<Item = Take>) {
        let mut refunds = self.refunds();
        for take in takes.into_iter().filter(|take| take.cost > 0 && !take.limit.is_off()) {
            let of_bucket = refunds.entry(take.key).or_default();
            match of_bucket.iter_mut().find(|refund| refund.limit == take.limit) {
                Some(refund) => refund.cost = refund.cost.saturating_add(take.cost),
                None => of_bucket.push(take),
            }
        }
    }

    /// Forgets all tries at an authenticator, and what would be given back of them.
    pub(super) async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError> {
        self.forget_tries(authenticator);
        self.store.clear_tries(authenticator).await
    }

    /// Forgets what would be given back of the tries at an authenticator, which the store has forgotten.
    pub(super) fn forget_tries(&self, authenticator: [u8; 16]) {
        self.refunds().retain(|key, _| !key.subject.starts_with(&authenticator));
    }

    /// Writes what was given back, and gives back what is held and nobody asks for.
    #[tracing::instrument(level = "debug", name = "limits.settle", skip_all)]
    pub async fn settle(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.leases.idle(now), now).await
    }

    /// The same for all that is held, as the node stops.
    #[tracing::instrument(level = "debug", name = "limits.close", skip_all)]
    pub async fn close(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(self.leases.all(now), now).await
    }

    async fn write(&self, leases: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        let _writing = self.writing.lock().await;
        let refunds: Vec<_> = mem::take(&mut *self.refunds()).into_values().flatten().collect();
        if refunds.is_empty() && leases.is_empty() {
            return Ok(());
        }
        let written = self.store.refund([refunds.clone(), leases].concat(), now).await;
        if written.is_err() {
            // A lease that cannot be given back comes back by itself.
            self.refund(refunds);
        }
        written
    }

    async fn take_once(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        let (rest, paid) = self.pay(takes);
        let outcome = self.store.take(rest, now).await;
        if !outcome.as_ref().is_ok_and(TakeOutcome::is_admitted) {
            self.refund(paid);
        }
        outcome
    }

    /// Pays takes from what was given back: what is left to take, and what was paid.
    fn pay(&self, mut takes: Vec<Take>) -> (Vec<Take>, Vec<Take>) {
        let mut refunds = self.refunds();
        let mut paid = Vec::new();
        for take in &mut takes {
            let Some(of_bucket) = refunds.get_mut(&take.key) else { continue };
            let paying = of_bucket.iter_mut().find(|refund| !is_lockout(refund) && refund.limit == take.limit);
            let Some(refund) = paying else { continue };
            let cost = refund.cost.min(take.cost);
            (refund.cost, take.cost) = (refund.cost - cost, take.cost - cost);
            paid.push(Take { cost, ..take.clone() });
            of_bucket.retain(|refund| refund.cost > 0);
            if of_bucket.is_empty() {
                refunds.remove(&take.key);
            }
        }
        takes.retain(|take| take.cost > 0);
        (takes, paid)
    }

    /// Whether anything that was given back could make the difference to these takes once it is written.
    fn may_have_more(&self, takes: &[Take]) -> bool {
        self.writing.try_lock().is_none() || takes.iter().any(|take| self.has_refund(take))
    }

    fn has_refund(&self, take: &Take) -> bool {
        self.refunds().contains_key(&take.key)
    }

    /// No step leaves the map half-written, so one that panicked elsewhere spoils nothing.
    fn refunds(&self) -> MutexGuard<'_, HashMap<BucketKey, Vec<Take>>> {
        self.refunds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it counts failures in a row: what is given back of them pays for no take, which counts after it.
const fn is_lockout(take: &Take) -> bool {
    take.limit.lockout().is_some()
}

#[cfg(test)]
mod tests {
    use doorward_limit::{BucketKind, Limit, LockoutPolicy};
    use doorward_testkit::LockedBuckets;
    use futures_util::FutureExt as _;

    use super::*;

    fn take(subject: u8, cost: u32) -> Take {
        let key = BucketKey { kind: BucketKind::IP_FAILURES, subject: [subject; 32] };
        Take { key, limit: Limit::parse("20/10m").unwrap(), cost }
    }

    fn buckets() -> BufferedBuckets {
        BufferedBuckets::new(Arc::new(LockedBuckets::default()))
    }

    #[test]
    fn what_is_being_written_may_be_for_every_take_and_is_waited_for() {
        let buckets = buckets();

        let writing = buckets.writing.lock().now_or_never();

        assert!(buckets.may_have_more(&[take(3, 1)]));
        assert!(buckets.settle(Timestamp::from_micros(0)).now_or_never().is_none());
        drop(writing);
        assert!(!buckets.may_have_more(&[take(3, 1)]));
        assert!(buckets.settle(Timestamp::from_micros(0)).now_or_never().is_some());
    }

    #[test]
    fn what_was_given_back_pays_the_next_take_unless_it_is_a_lockout() {
        let buckets = buckets();
        let tried = Take { limit: LockoutPolicy::default().into(), ..take(4, 1) };
        buckets.refund([take(1, 1), take(2, 1)]);
        buckets.refund([take(1, 1), tried.cleared()]);

        assert_eq!(buckets.pay(vec![tried.clone()]), (vec![tried.clone()], vec![]));
        assert_eq!(buckets.pay(vec![take(1, 1), take(3, 1)]), (vec![take(3, 1)], vec![take(1, 1)]));
        assert_eq!(buckets.pay(vec![take(1, 3)]), (vec![take(1, 2)], vec![take(1, 1)]));
        assert!(buckets.may_have_more(&[take(2, 1)]) && !buckets.may_have_more(&[take(1, 1)]));
        let left = HashMap::from([take(2, 1), tried.cleared()].map(|take| (take.key, vec![take])));
        assert_eq!(*buckets.refunds(), left);
    }

    #[test]
    fn failures_before_a_success_are_cleared_before_the_next_one_counts() {
        let (store, now) = (Arc::new(LockedBuckets::default()), Timestamp::from_micros(0));
        let buckets = BufferedBuckets::new(store);
        let tried = Take { limit: LockoutPolicy::default().into(), ..take(4, 1) };
        let count = || buckets.take(vec![tried.clone()], now).now_or_never().unwrap().unwrap();
        let failures = |outcome| match outcome {
            TakeOutcome::Admitted(counted) => counted.into_iter().map(|(_, lockout)| lockout.consecutive).collect(),
            TakeOutcome::Refused(_) => Vec::new(),
        };

        assert_eq!([failures(count()), failures(count())], [[1], [2]]);
        buckets.refund([tried.cleared()]);
        assert_eq!([failures(count()), failures(count())], [[1], [2]]);
    }
}
