use std::{
    collections::BTreeMap,
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{
    BucketKind, BucketRow, BucketState, Buckets, Leased, Lockout, Take, TakeOutcome, decide, rows_of,
};

/// Buckets in memory, by the arithmetic alone: the reference for stores.
///
/// It grows by a row per bucket taken from until
/// [`purge_full`](Self::purge_full) is called, and a restart forgets everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryBuckets {
    states: BTreeMap<BucketRow, BucketState>,
}

impl MemoryBuckets {
    /// Takes from all buckets, or from none when one of them refuses.
    pub fn take(&mut self, takes: &[Take], now: Timestamp) -> TakeOutcome {
        let (outcome, writes) = decide(&rows_of(takes), now, |row| self.states.get(&row).copied());
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

    /// Gives back what was taken a moment ago.
    pub fn refund(&mut self, takes: &[Take], now: Timestamp) {
        for take in rows_of(takes) {
            let Some(kept) = self.states.get(&take.row) else { continue };
            match take.refund(*kept, now) {
                Some(state) => self.states.insert(take.row, state),
                None => self.states.remove(&take.row),
            };
        }
    }

    /// Forgets all tries at an authenticator.
    pub fn clear_tries(&mut self, authenticator: [u8; 16]) {
        let is_of_try = |row: &BucketRow| BucketKind::OF_TRIES.contains(&row.key.kind);
        self.states.retain(|row, _| !is_of_try(row) || !row.key.subject.starts_with(&authenticator));
    }

    /// Returns every lockout, in no order that shows whose it is.
    pub fn lockouts(&self) -> Vec<Lockout> {
        self.states.values().map(|state| state.lockout).filter(|lockout| lockout.consecutive > 0).collect()
    }

    /// Deletes at most so many rows that are full at that instant, and returns how many.
    pub fn purge_full(&mut self, before: Timestamp, limit: u32) -> u64 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let full = self.states.iter().filter(|(_, state)| state.until <= before).map(|(row, _)| *row);
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

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.lock().refund(&takes, now);
        Ok(())
    }

    async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError> {
        self.lock().clear_tries(authenticator);
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

    use doorward_limit::{BucketKey, Limit};

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
            let take = || ready(buckets.take(takes(&["10/1h"]), at(0))).unwrap() == TakeOutcome::ADMITTED;
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
            (0..120).filter(|minute| memory_buckets.take(&takes, at(minute * 60)) == TakeOutcome::ADMITTED).count();

        assert_eq!(admitted, 6);
        assert_eq!(memory_buckets.len(), 2);
    }

    #[test]
    fn a_refund_gives_back() {
        let mut memory_buckets = MemoryBuckets::default();
        let takes = takes(&["1/1h"]);

        assert_eq!(memory_buckets.take(&takes, at(0)), TakeOutcome::ADMITTED);
        assert_eq!(memory_buckets.take(&takes, at(0)).retry_at(), Some(at(3600)));
        memory_buckets.refund(&takes, at(0));
        assert!(memory_buckets.is_empty());
        assert_eq!(memory_buckets.take(&takes, at(0)), TakeOutcome::ADMITTED);
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
