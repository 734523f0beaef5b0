use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_limit::{BucketKey, Take};
use futures_util::lock::{Mutex as AsyncMutex, MutexGuard as AsyncGuard};

/// What calls of this node have given back and the store does not know yet.
///
/// It is written in one statement a second. Until then the next take from the same bucket is paid
/// from here, so nobody of this node is refused for it.
#[derive(Debug, Default)]
pub(super) struct Refunds {
    pending: Mutex<Vec<Pending>>,
    /// What is being written; held by who writes it.
    writing: AsyncMutex<()>,
}

/// What is to be written, by one at a time.
pub(super) struct Drained<'a> {
    pub(super) takes: Vec<Take>,
    _writing: AsyncGuard<'a, ()>,
}

/// What was given back to one bucket.
#[derive(Debug)]
struct Pending {
    take: Take,
    /// Whether the next take may be paid from it.
    is_payable: bool,
}

impl Refunds {
    /// Adds what is given back.
    pub(super) fn add(&self, takes: impl IntoIterator<Item = Take>) {
        let mut pending = self.lock();
        for take in takes.into_iter().filter(|take| take.cost > 0 && !take.limit.is_off()) {
            // What is more than one unit makes a bucket full that was not, and must pay for nothing.
            let is_payable = take.cost == 1;
            match pending.iter_mut().find(|other| other.is_payable == is_payable && other.is_of(&take)) {
                Some(other) => other.take.cost = other.take.cost.saturating_add(take.cost),
                None => pending.push(Pending { take, is_payable }),
            }
        }
    }

    /// Pays takes from what was given back: what is left to take, and what was paid.
    pub(super) fn pay(&self, mut takes: Vec<Take>) -> (Vec<Take>, Vec<Take>) {
        let mut pending = self.lock();
        let mut paid = Vec::new();
        if !pending.is_empty() {
            for take in &mut takes {
                let payable = pending.iter_mut().find(|other| other.is_payable && other.is_of(take));
                let Some(Pending { take: other, .. }) = payable else { continue };
                let cost = other.cost.min(take.cost);
                (other.cost, take.cost) = (other.cost - cost, take.cost - cost);
                paid.push(Take { cost, ..take.clone() });
            }
            pending.retain(|other| other.take.cost > 0);
            takes.retain(|take| take.cost > 0);
        }
        (takes, paid)
    }

    /// Whether any of these buckets is to be made full once this is written.
    pub(super) fn clear_any_of(&self, takes: &[Take]) -> bool {
        self.lock().iter().any(|pending| !pending.is_payable && takes.iter().any(|take| pending.is_of(take)))
    }

    /// Deletes what was given back to a bucket that is made full.
    pub(super) fn forget(&self, key: BucketKey) {
        self.lock().retain(|pending| pending.take.key != key);
    }

    /// Whether anything that was given back could make the difference to these takes once it is written.
    pub(super) fn concern(&self, takes: &[Take]) -> bool {
        let is_given = |take: &Take| self.lock().iter().any(|pending| pending.take.key == take.key);
        self.writing.try_lock().is_none() || takes.iter().any(is_given)
    }

    /// All of it, to be written, once what was drained before is.
    pub(super) async fn drain(&self) -> Drained<'_> {
        let writing = self.writing.lock().await;
        let takes = mem::take(&mut *self.lock()).into_iter().map(|pending| pending.take).collect();
        Drained { takes, _writing: writing }
    }

    /// No step leaves the list half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Vec<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Whether it was taken from that bucket, by that limit.
    fn is_of(&self, take: &Take) -> bool {
        self.take.key == take.key && self.take.limit == take.limit
    }
}

#[cfg(test)]
mod tests {
    use doorward_limit::{BucketKind, Limit};
    use futures_util::FutureExt as _;

    use super::*;

    fn take(subject: u8, cost: u32) -> Take {
        let key = BucketKey { kind: BucketKind::IP_FAILURES, subject: [subject; 32] };
        Take { key, limit: Limit::parse("20/10m").unwrap(), cost }
    }

    fn drained(refunds: &Refunds) -> Vec<Take> {
        refunds.drain().now_or_never().unwrap().takes
    }

    #[test]
    fn what_is_being_written_concerns_every_take_and_is_waited_for() {
        let refunds = Refunds::default();
        refunds.add([take(1, 1)]);

        let writing = refunds.drain().now_or_never().unwrap();

        assert!(refunds.concern(&[take(3, 1)]));
        assert!(refunds.drain().now_or_never().is_none());
        drop(writing);
        assert!(!refunds.concern(&[take(3, 1)]));
    }

    #[test]
    fn what_was_given_back_pays_the_next_take_and_what_is_left_is_written_once() {
        let refunds = Refunds::default();
        refunds.add([take(1, 1), take(2, 1)]);
        refunds.add([take(1, 1)]);
        refunds.add([take(4, 20)]);

        assert_eq!(refunds.pay(vec![take(4, 1)]), (vec![take(4, 1)], vec![]));
        assert_eq!(refunds.pay(vec![take(1, 1), take(3, 1)]), (vec![take(3, 1)], vec![take(1, 1)]));
        assert_eq!(refunds.pay(vec![take(1, 3)]), (vec![take(1, 2)], vec![take(1, 1)]));
        assert!(refunds.concern(&[take(2, 1)]) && !refunds.concern(&[take(1, 1)]));
        assert_eq!(drained(&refunds), [take(2, 1), take(4, 20)]);
        assert_eq!(drained(&refunds), []);
    }
}
