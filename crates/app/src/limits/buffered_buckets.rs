use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Buckets, Take, TakeOutcome};
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
        if takes.iter().any(|take| self.is_cleared(take)) {
            self.write(Vec::new(), now).await?;
        }
        let outcome = self.take_once(takes.clone(), now).await?;
        if outcome == TakeOutcome::Admitted || !self.may_have_more(&takes) {
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

    /// Makes a bucket full.
    pub(super) async fn reset(&self, key: BucketKey) -> Result<(), StoreError> {
        self.refunds().remove(&key);
        self.store.reset(key).await
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
        if !matches!(outcome, Ok(TakeOutcome::Admitted)) {
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
            let paying = of_bucket.iter_mut().find(|refund| !is_clear(refund) && refund.limit == take.limit);
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
        self.writing.try_lock().is_none() || takes.iter().any(|take| self.refunds().contains_key(&take.key))
    }

    /// Whether a success has just cleared what it takes from.
    fn is_cleared(&self, take: &Take) -> bool {
        self.refunds().get(&take.key).is_some_and(|of_bucket| of_bucket.iter().any(is_clear))
    }

    /// No step leaves the map half-written, so one that panicked elsewhere spoils nothing.
    fn refunds(&self) -> MutexGuard<'_, HashMap<BucketKey, Vec<Take>>> {
        self.refunds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is of a success, which gives back all failures in a row: what makes a bucket full pays for no take.
fn is_clear(refund: &Take) -> bool {
    refund.key.kind == BucketKind::WRONG_IN_A_ROW && refund.cost > 1
}

#[cfg(test)]
mod tests {
    use doorward_limit::Limit;
    use doorward_testkit::LockedBuckets;
    use futures_util::FutureExt as _;

    use super::*;

    fn take_of(kind: BucketKind, subject: u8, cost: u32) -> Take {
        Take { key: BucketKey { kind, subject: [subject; 32] }, limit: Limit::parse("20/10m").unwrap(), cost }
    }

    fn take(subject: u8, cost: u32) -> Take {
        take_of(BucketKind::IP_FAILURES, subject, cost)
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
    fn what_was_given_back_pays_the_next_take_unless_it_clears() {
        let buckets = buckets();
        let cleared = take_of(BucketKind::WRONG_IN_A_ROW, 4, 20);
        buckets.refund([take(1, 1), take(2, 1)]);
        buckets.refund([take(1, 1), cleared.clone()]);

        assert_eq!(buckets.pay(vec![cleared.clone()]), (vec![cleared.clone()], vec![]));
        let late = take_of(BucketKind::WRONG_IN_A_ROW, 5, 1);
        buckets.refund([late.clone()]);
        assert_eq!(buckets.pay(vec![late.clone()]), (vec![], vec![late]));
        assert_eq!(buckets.pay(vec![take(1, 1), take(3, 1)]), (vec![take(3, 1)], vec![take(1, 1)]));
        assert_eq!(buckets.pay(vec![take(1, 3)]), (vec![take(1, 2)], vec![take(1, 1)]));
        assert!(buckets.may_have_more(&[take(2, 1)]) && !buckets.may_have_more(&[take(1, 1)]));
        let left = HashMap::from([take(2, 1), cleared].map(|take| (take.key, vec![take])));
        assert_eq!(*buckets.refunds(), left);
    }
}
