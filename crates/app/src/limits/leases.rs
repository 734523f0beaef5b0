use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::Timestamp;
use doorward_limit::{BucketKey, Leased, Refusal, Take};
use futures_util::lock;

/// The time for which a node keeps units that nobody asks for.
const KEPT: Duration = Duration::from_secs(5);
/// Leases of one bucket that follow each other within this time grow.
const BUSY: Duration = Duration::from_secs(1);
/// A lease is at most one of so many parts of what is left.
const PARTS: u32 = 16;

/// The units of shared buckets that this node has taken ahead, to be handed out from memory.
///
/// A unit comes back to the bucket by itself with time, in a node's hands too: what is left of a
/// lease shrinks as time passes, exactly as fast. So whatever a node hands out would have been
/// admitted at that instant by the bucket itself, and over all nodes no more passes than the
/// limit. What is not asked for within five seconds is given back; a node that dies loses it, and
/// the bucket has it again when it has come back by itself.
#[derive(Debug, Default)]
pub(super) struct Leases {
    slices: Mutex<HashMap<BucketKey, Slice>>,
    /// Held by who takes, so that of many at once one asks the store.
    pub(super) turn: lock::Mutex<()>,
}

/// The units that a node has leased of one bucket.
#[derive(Debug)]
struct Slice {
    /// One unit of it, with the limit.
    unit: Take,
    /// The time that what is held would take to come back, in microseconds.
    credit: i64,
    /// When that was so.
    as_of: Timestamp,
    /// The units asked for last, and when.
    asked: (u32, Timestamp),
    /// Of these, what a call needed.
    needed: u32,
    /// The units left to all, as the last lease said.
    left: u32,
    /// Until when the store is not asked again, and when it may have enough.
    refused: Option<(Timestamp, Option<Timestamp>)>,
}

impl Leases {
    /// Takes all from what is held, if nothing has to be leased for it first; what has to, and who has no more.
    pub(super) fn hand_out(&self, takes: &[Take], now: Timestamp) -> Result<Vec<Take>, Refusal> {
        let mut slices = self.lock();
        let mut lacking = Vec::new();
        for take in counted(takes) {
            lacking.extend(Slice::of(take, &mut slices, now).lacking(take, now)?);
        }
        for take in counted(takes).filter(|_| lacking.is_empty()) {
            if let Some(slice) = slices.get_mut(&take.key) {
                slice.credit -= slice.time_of(take.cost);
            }
        }
        Ok(lacking)
    }

    /// Returns what would have to be leased to take those, and may be there.
    pub(super) fn lacking(&self, takes: &[Take], now: Timestamp) -> Vec<Take> {
        let mut slices = self.lock();
        counted(takes).filter_map(|take| Slice::of(take, &mut slices, now).lacking(take, now).ok().flatten()).collect()
    }

    /// Takes in what was leased, or that there was not so much.
    pub(super) fn learn(&self, asks: &[Take], leased: &[Leased], now: Timestamp) {
        let mut slices = self.lock();
        for (ask, leased) in asks.iter().zip(leased) {
            let Some(slice) = slices.get_mut(&ask.key) else { continue };
            match leased {
                Leased::Granted { left } => {
                    slice.settle(now);
                    slice.credit += slice.time_of(ask.cost);
                    slice.left = left.iter().copied().min().unwrap_or(u32::MAX);
                    slice.refused = None;
                }
                Leased::Refused { retry_at } => slice.was_refused(*retry_at, now),
            }
        }
    }

    /// Gives back to what is held what was handed out a moment ago for nothing.
    pub(super) fn take_back(&self, takes: &[Take]) {
        let mut slices = self.lock();
        for take in counted(takes) {
            if let Some(slice) = slices.get_mut(&take.key) {
                slice.credit += slice.time_of(take.cost);
            }
        }
    }

    /// The first of those buckets that this node has just found used up; asks nobody.
    pub(super) fn exhausted(&self, takes: &[Take], now: Timestamp) -> Option<Refusal> {
        let slices = self.lock();
        counted(takes).find_map(|take| slices.get(&take.key)?.refusal(take, now))
    }

    /// Returns the units that nobody asks for any more, to be given back.
    pub(super) fn idle(&self, now: Timestamp) -> Vec<Take> {
        self.drain(now, |slice| slice.asked.1 + KEPT <= now || slice.asked.1 > now + KEPT)
    }

    /// All that is held, to be given back, as the node stops.
    pub(super) fn all(&self, now: Timestamp) -> Vec<Take> {
        self.drain(now, |_| true)
    }

    fn drain(&self, now: Timestamp, is_over: impl Fn(&Slice) -> bool) -> Vec<Take> {
        let mut given = Vec::new();
        self.lock().retain(|_, slice| {
            if !is_over(slice) {
                return true;
            }
            slice.settle(now);
            given.extend((slice.units() > 0).then(|| Take { cost: slice.units(), ..slice.unit.clone() }));
            false
        });
        given
    }

    /// No step leaves the map half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<BucketKey, Slice>> {
        self.slices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slice {
    /// Returns the units leased of the bucket of that take, as of now.
    fn of<'s>(take: &Take, slices: &'s mut HashMap<BucketKey, Self>, now: Timestamp) -> &'s mut Self {
        let slice = slices.entry(take.key).or_insert_with(|| Self::new(take, now));
        slice.unit.limit = take.limit.clone();
        slice.settle(now);
        slice
    }

    /// Returns what has to be leased for that take, if anything; a refusal where the store is not asked again yet.
    fn lacking(&mut self, take: &Take, now: Timestamp) -> Result<Option<Take>, Refusal> {
        if self.units() >= take.cost {
            return Ok(None);
        }
        match self.refusal(take, now) {
            Some(refusal) => Err(refusal),
            None => Ok(Some(Take { cost: self.ask(take.cost, now), ..take.clone() })),
        }
    }

    fn refusal(&self, take: &Take, now: Timestamp) -> Option<Refusal> {
        let (_, retry_at) = self.refused.filter(|(until, _)| *until > now)?;
        Some(Refusal { key: take.key, retry_at })
    }

    fn new(take: &Take, now: Timestamp) -> Self {
        let unit = Take { cost: 1, ..take.clone() };
        Self { unit, credit: 0, as_of: now, asked: (0, now), needed: 0, left: u32::MAX, refused: None }
    }

    /// Lets pass the time since it was looked at last; a clock that steps back leaves nothing.
    ///
    /// Calls that wait for one another come with the times at which they began, a little out of order.
    fn settle(&mut self, now: Timestamp) {
        let passed = now.as_micros().saturating_sub(self.as_of.as_micros());
        if now < self.as_of && self.as_of <= now + KEPT {
            return;
        }
        self.credit = if passed < 0 { 0 } else { self.credit.saturating_sub(passed).max(0) };
        self.as_of = now;
    }

    fn units(&self) -> u32 {
        u32::try_from(self.credit / self.interval()).unwrap_or(u32::MAX)
    }

    fn time_of(&self, cost: u32) -> i64 {
        self.interval().saturating_mul(cost.into())
    }

    /// The time in which the fastest of its rates gives a unit back.
    fn interval(&self) -> i64 {
        self.unit.limit.rates().iter().map(|rate| rate.interval_micros()).min().unwrap_or(1).max(1)
    }

    /// Returns how many to ask for: what is needed, and twice as many as last time while it is busy.
    fn ask(&mut self, cost: u32, now: Timestamp) -> u32 {
        let (last, at) = self.asked;
        let burst = self.unit.limit.rates().iter().map(|rate| rate.burst()).min().unwrap_or(u32::MAX);
        let most = (burst.min(self.left) / PARTS).max(cost);
        let is_busy = at <= now + BUSY && now <= at + BUSY;
        let ask = if is_busy { last.saturating_mul(2).clamp(cost, most) } else { cost };
        (self.asked, self.needed) = ((ask, now), cost);
        ask
    }

    /// Asks for the least next time, and not at all for a second if that was the least.
    fn was_refused(&mut self, retry_at: Option<Timestamp>, now: Timestamp) {
        self.left = 0;
        let until = retry_at.map_or(now + BUSY, |at| at.min(now + BUSY));
        self.refused = (self.asked.0 <= self.needed).then_some((until, retry_at));
    }
}

/// The takes that take from anything.
fn counted(takes: &[Take]) -> impl Iterator<Item = &Take> {
    takes.iter().filter(|take| take.cost > 0 && !take.limit.is_off())
}

#[cfg(test)]
mod tests {
    use doorward_limit::{BucketKind, Limit};
    use doorward_testkit::MemoryBuckets;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn one(limit: &str) -> Take {
        Take::one(BucketKey { kind: BucketKind::SMS_BUDGET, subject: [7; 32] }, Limit::parse(limit).unwrap())
    }

    /// A node that hands out from its leases, and how often it asked the store.
    #[derive(Default)]
    struct Node {
        leases: Leases,
        asked: usize,
    }

    impl Node {
        fn passes(&mut self, memory_buckets: &mut MemoryBuckets, limit: &str, now: Timestamp) -> bool {
            let takes = [one(limit)];
            loop {
                match self.leases.hand_out(&takes, now) {
                    Err(_) => return false,
                    Ok(lacking) if lacking.is_empty() => return true,
                    Ok(lacking) => {
                        self.asked += 1;
                        self.leases.learn(&lacking, &memory_buckets.lease(&lacking, now), now);
                    }
                }
            }
        }
    }

    #[test]
    fn of_eight_nodes_that_take_at_once_no_more_pass_than_the_limit() {
        for (limit, passes) in [("10/1d", 10), ("200/1d", 200), ("10/1s", 10), ("3/1h", 3)] {
            let mut memory_buckets = MemoryBuckets::default();
            let mut nodes: [Node; 8] = Default::default();

            let passed = (0..1600).filter(|call| nodes[call % 8].passes(&mut memory_buckets, limit, at(0))).count();

            assert!(passed <= passes, "{limit}: {passed}");
            // What is left of leases at the end lies idle: a sixteenth of what was left for each, at most.
            assert!(passed >= passes - passes / 16, "{limit}: {passed}");
        }
    }

    #[test]
    fn what_is_handed_out_late_is_what_the_bucket_itself_would_admit_then() {
        let mut alone = MemoryBuckets::default();
        let (mut memory_buckets, mut nodes): (MemoryBuckets, [Node; 2]) = Default::default();
        let (mut by_leases, mut by_store) = (0, 0);

        for call in 0..40_000_usize {
            let now = at(i64::try_from(call).unwrap() * 37);
            by_leases += u32::from(nodes[call % 2].passes(&mut memory_buckets, "160/1m", now));
            by_store += u32::from(alone.take(&[one("160/1m")], now).retry_at().is_none());
            if call % 100 == 0 {
                for node in &nodes {
                    memory_buckets.refund(&node.leases.idle(now), now);
                }
            }
        }

        assert!(by_leases <= by_store, "{by_leases} of {by_store}");
        assert!(by_leases * 10 >= by_store * 9, "{by_leases} of {by_store}");
    }

    #[test]
    fn a_busy_node_asks_seldom_and_an_idle_one_gives_all_back() {
        let (mut memory_buckets, mut node) = (MemoryBuckets::default(), Node::default());

        let passed = (0..500).filter(|call| node.passes(&mut memory_buckets, "100000/1d", at(*call))).count();

        assert_eq!(passed, 500);
        assert!(node.asked < 12, "{}", node.asked);
        assert!(node.leases.idle(at(600)).is_empty());
        memory_buckets.refund(&node.leases.idle(at(9000)), at(9000));
        let left = memory_buckets.lease(&[one("100000/1d")], at(9000));
        let Leased::Granted { left } = &left[0] else { panic!("{left:?}") };
        assert!(left[0] > 99_480, "{left:?}");
    }

    #[test]
    fn a_node_that_dies_loses_its_lease_until_it_has_come_back_by_itself() {
        let mut memory_buckets = MemoryBuckets::default();
        let (mut dead, mut other) = (Node::default(), Node::default());
        let mut passed = (0..41).filter(|_| dead.passes(&mut memory_buckets, "160/1m", at(0))).count();
        drop(dead);

        passed += (0..400).filter(|_| other.passes(&mut memory_buckets, "160/1m", at(0))).count();
        let later = (0..400).filter(|_| other.passes(&mut memory_buckets, "160/1m", at(60_000))).count();

        assert!((150..160).contains(&passed), "{passed}");
        assert_eq!(later, 160);
    }

    #[test]
    fn a_clock_an_hour_off_lets_no_more_of_a_day_pass() {
        for offset in [-3_600_000, 3_600_000] {
            let mut memory_buckets = MemoryBuckets::default();
            let mut nodes: [Node; 8] = Default::default();
            let start = 7_200_000;

            let passed = (0..200).filter(|call| {
                let clock = if call % 8 == 0 { start + offset } else { start };
                nodes[call % 8].passes(&mut memory_buckets, "10/1d", at(clock))
            });

            assert!(passed.count() <= 10, "{offset}");
        }
    }

    #[test]
    fn calls_that_overtake_each_other_lose_nothing_that_is_held() {
        let (mut memory_buckets, mut node) = (MemoryBuckets::default(), Node::default());
        let mut passed = 0;

        for call in 0..400_i64 {
            // Sixteen at a time, the latest first.
            let now = at(10_000 + call / 16 * 16 + (15 - call % 16));
            passed += u32::from(node.passes(&mut memory_buckets, "400/1d", now));
        }

        assert!(passed >= 399, "{passed}");
        assert!(node.asked < 100, "{}", node.asked);
    }

    #[test]
    fn a_clock_that_steps_back_leaves_a_node_with_nothing_to_hand_out() {
        let (mut memory_buckets, mut node) = (MemoryBuckets::default(), Node::default());
        for call in 0..100 {
            node.passes(&mut memory_buckets, "100000/1d", at(10_000_000 + call));
        }

        assert_eq!(node.leases.all(at(0)), []);
    }

    #[test]
    fn a_limit_that_is_off_is_neither_asked_for_nor_held() {
        let leases = Leases::default();

        assert_eq!(leases.hand_out(&[one("off"), Take { cost: 0, ..one("1/1m") }], at(0)), Ok(vec![]));
        assert_eq!(leases.all(at(0)), []);
    }
}
