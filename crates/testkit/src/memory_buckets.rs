use std::{
    collections::BTreeMap,
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketRow, Buckets, Leased, Take, TakeDecision, TakeOutcome, decide, rows_of};

/// Buckets in memory, by the arithmetic alone: the reference for stores.
///
/// It grows by a row per bucket taken from until
/// [`purge_full`](Self::purge_full) is called, and a restart forgets everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryBuckets {
    states: BTreeMap<BucketRow, Timestamp>,
}

impl MemoryBuckets {
    /// Takes from all buckets, or from none when one of them refuses.
    pub fn take(&mut self, takes: &[Take], now: Timestamp) -> TakeOutcome {
        let TakeDecision { outcome, writes } = self.decide(takes, now);
        self.states.extend(writes);
        outcome
    }

    /// Takes from each bucket by itself.
    pub fn lease(&mut self, takes: &[Take], now: Timestamp) -> Vec<Leased> {
        let mut lease = |take: &Take| {
            let outcome = self.take(slice::from_ref(take), now);
            Leased::of(take, &outcome, now, |row| self.states.get(&row).copied())
        };
        takes.iter().map(&mut lease).collect()
    }

    /// Returns what [`take`](Self::take) would say now.
    pub fn peek(&self, takes: &[Take], now: Timestamp) -> TakeOutcome {
        self.decide(takes, now).outcome
    }

    /// Gives back what was taken a moment ago.
    pub fn refund(&mut self, takes: &[Take], now: Timestamp) {
        for take in rows_of(takes) {
            let state = self.states.get(&take.row).copied();
            match take.rate.refund(state, now, take.cost) {
                Some(state) => self.states.insert(take.row, state),
                None => self.states.remove(&take.row),
            };
        }
    }

    /// Makes a bucket full.
    pub fn reset(&mut self, key: BucketKey) {
        self.states.retain(|row, _| row.key != key);
    }

    /// Deletes at most so many rows that are full at that instant, and returns how many.
    pub fn purge_full(&mut self, before: Timestamp, limit: u32) -> u64 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let full = self.states.iter().filter(|(_, state)| **state <= before).map(|(row, _)| *row);
        let full: Vec<_> = full.take(limit).collect();
        full.iter().filter(|row| self.states.remove(row).is_some()).fold(0, |count, _| count + 1)
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Returns whether no row is kept.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    fn decide(&self, takes: &[Take], now: Timestamp) -> TakeDecision {
        decide(&rows_of(takes), now, |row| self.states.get(&row).copied())
    }
}

/// Buckets in memory that many may take from at once.
#[derive(Debug, Default)]
pub struct LockedBuckets(Mutex<MemoryBuckets>);

impl LockedBuckets {
    /// No step leaves the buckets half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, MemoryBuckets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Buckets for LockedBuckets {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        Ok(self.lock().take(&takes, now))
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        Ok(self.lock().lease(&takes, now))
    }

    async fn peek(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        Ok(self.lock().peek(&takes, now))
    }

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.lock().refund(&takes, now);
        Ok(())
    }

    async fn reset(&self, key: BucketKey) -> Result<(), StoreError> {
        self.lock().reset(key);
        Ok(())
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(self.lock().purge_full(before, limit))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
        thread,
    };

    use doorward_limit::{BucketKind, Limit};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn takes(limit: &[&str]) -> Vec<Take> {
        let key = BucketKey { kind: BucketKind::SMS, subject: [7; 32] };
        vec![Take::one(key, Limit::parse_all(limit).unwrap())]
    }

    fn ready<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits for nothing"),
        }
    }

    #[test]
    fn of_two_hundred_concurrent_takes_from_ten_exactly_ten_are_admitted() {
        let buckets: &dyn Buckets = &LockedBuckets::default();

        let admitted = thread::scope(|scope| {
            let take = || ready(buckets.take(takes(&["10/1h"]), at(0))).unwrap() == TakeOutcome::Admitted;
            let threads: Vec<_> = (0..200).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
        });

        assert_eq!(admitted, 10);
    }

    #[test]
    fn five_an_hour_and_six_a_day_admit_six_in_two_hours() {
        let mut memory_buckets = MemoryBuckets::default();
        let takes = takes(&["5/1h", "6/1d"]);

        let admitted =
            (0..120).filter(|minute| memory_buckets.take(&takes, at(minute * 60)) == TakeOutcome::Admitted).count();

        assert_eq!(admitted, 6);
        assert_eq!(memory_buckets.len(), 2);
    }

    #[test]
    fn a_peek_takes_nothing_and_a_refund_gives_back() {
        let mut memory_buckets = MemoryBuckets::default();
        let takes = takes(&["1/1h"]);

        assert_eq!(memory_buckets.peek(&takes, at(0)), TakeOutcome::Admitted);
        assert_eq!(memory_buckets.take(&takes, at(0)), TakeOutcome::Admitted);
        assert_eq!(memory_buckets.peek(&takes, at(0)).retry_at(), Some(at(3600)));
        memory_buckets.refund(&takes, at(0));
        assert!(memory_buckets.is_empty());
        assert_eq!(memory_buckets.take(&takes, at(0)), TakeOutcome::Admitted);
    }

    #[test]
    fn a_reset_fills_every_window_of_that_bucket_alone() {
        let mut memory_buckets = MemoryBuckets::default();
        let mine = takes(&["1/1h", "1/1d"]);
        let other = vec![Take { key: BucketKey { subject: [8; 32], ..mine[0].key }, ..mine[0].clone() }];
        memory_buckets.take(&mine, at(0));
        memory_buckets.take(&other, at(0));

        memory_buckets.reset(mine[0].key);

        assert_eq!(memory_buckets.take(&mine, at(0)), TakeOutcome::Admitted);
        assert_ne!(memory_buckets.take(&other, at(0)), TakeOutcome::Admitted);
    }

    #[test]
    fn only_full_buckets_are_forgotten() {
        let mut memory_buckets = MemoryBuckets::default();
        memory_buckets.take(&takes(&["1/1h", "1/1d"]), at(0));

        assert_eq!(memory_buckets.purge_full(at(3599), 10), 0);
        assert_eq!(memory_buckets.purge_full(at(86_400), 1), 1);
        assert_eq!(memory_buckets.purge_full(at(86_400), 10), 1);
        assert!(memory_buckets.is_empty());
    }
}
