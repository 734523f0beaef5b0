use std::{
    collections::BTreeMap,
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};

use crate::{BudgetKey, BudgetRow, Budgets, Draw, DrawDecision, DrawOutcome, Leased, decide, rows_of};

/// Budgets in memory: the reference for stores, and enough for a program of one process.
///
/// Behind a mutex it is a [`Budgets`]. It grows by a row per budget drawn on until
/// [`forget_full`](Self::forget_full) is called, and a restart forgets everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    states: BTreeMap<BudgetRow, Timestamp>,
}

impl Ledger {
    /// Draws from all budgets, or from none when one of them refuses.
    pub fn draw(&mut self, draws: &[Draw], now: Timestamp) -> DrawOutcome {
        let DrawDecision { outcome, writes } = self.decide(draws, now);
        self.states.extend(writes);
        outcome
    }

    /// Draws from each budget by itself.
    pub fn lease(&mut self, draws: &[Draw], now: Timestamp) -> Vec<Leased> {
        let mut lease = |draw: &Draw| {
            let outcome = self.draw(slice::from_ref(draw), now);
            Leased::of(draw, &outcome, now, |row| self.states.get(&row).copied())
        };
        draws.iter().map(&mut lease).collect()
    }

    /// What [`draw`](Self::draw) would say now.
    pub fn peek(&self, draws: &[Draw], now: Timestamp) -> DrawOutcome {
        self.decide(draws, now).outcome
    }

    /// Gives back what was drawn a moment ago.
    pub fn refund(&mut self, draws: &[Draw], now: Timestamp) {
        for draw in rows_of(draws) {
            let state = self.states.get(&draw.row).copied();
            match draw.rate.refund(state, now, draw.cost) {
                Some(state) => self.states.insert(draw.row, state),
                None => self.states.remove(&draw.row),
            };
        }
    }

    /// Makes a budget full.
    pub fn reset(&mut self, key: BudgetKey) {
        self.states.retain(|row, _| row.key != key);
    }

    /// Forgets at most so many rows that are full at that instant, and tells how many.
    pub fn forget_full(&mut self, before: Timestamp, limit: u32) -> u64 {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let full = self.states.iter().filter(|(_, state)| **state <= before).map(|(row, _)| *row);
        let full: Vec<_> = full.take(limit).collect();
        full.iter().filter(|row| self.states.remove(row).is_some()).fold(0, |count, _| count + 1)
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether no row is kept.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    fn decide(&self, draws: &[Draw], now: Timestamp) -> DrawDecision {
        decide(&rows_of(draws), now, |row| self.states.get(&row).copied())
    }
}

/// No step leaves the ledger half-written, so one that panicked elsewhere spoils nothing.
fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Budgets for Mutex<Ledger> {
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        Ok(locked(self).draw(&draws, now))
    }

    async fn lease(&self, draws: Vec<Draw>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        Ok(locked(self).lease(&draws, now))
    }

    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        Ok(locked(self).peek(&draws, now))
    }

    async fn refund(&self, draws: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        locked(self).refund(&draws, now);
        Ok(())
    }

    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError> {
        locked(self).reset(key);
        Ok(())
    }

    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(locked(self).forget_full(before, limit))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
        thread,
    };

    use super::*;
    use crate::{BudgetKind, Limit};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn draws(limit: &[&str]) -> Vec<Draw> {
        let key = BudgetKey { kind: BudgetKind::SMS, subject: [7; 32] };
        vec![Draw::one(key, Limit::parse_all(limit).unwrap())]
    }

    fn ready<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("it waits for nothing"),
        }
    }

    #[test]
    fn of_two_hundred_concurrent_draws_on_ten_exactly_ten_are_admitted() {
        let budgets: &dyn Budgets = &Mutex::new(Ledger::default());

        let admitted = thread::scope(|scope| {
            let draw = || ready(budgets.draw(draws(&["10/1h"]), at(0))).unwrap() == DrawOutcome::Admitted;
            let threads: Vec<_> = (0..200).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
        });

        assert_eq!(admitted, 10);
    }

    #[test]
    fn five_an_hour_and_six_a_day_admit_six_in_two_hours() {
        let mut ledger = Ledger::default();
        let draws = draws(&["5/1h", "6/1d"]);

        let admitted = (0..120).filter(|minute| ledger.draw(&draws, at(minute * 60)) == DrawOutcome::Admitted).count();

        assert_eq!(admitted, 6);
        assert_eq!(ledger.len(), 2);
    }

    #[test]
    fn a_peek_draws_nothing_and_a_refund_gives_back() {
        let mut ledger = Ledger::default();
        let draws = draws(&["1/1h"]);

        assert_eq!(ledger.peek(&draws, at(0)), DrawOutcome::Admitted);
        assert_eq!(ledger.draw(&draws, at(0)), DrawOutcome::Admitted);
        assert_eq!(ledger.peek(&draws, at(0)).retry_at(), Some(at(3600)));
        ledger.refund(&draws, at(0));
        assert!(ledger.is_empty());
        assert_eq!(ledger.draw(&draws, at(0)), DrawOutcome::Admitted);
    }

    #[test]
    fn a_reset_fills_every_window_of_that_budget_alone() {
        let mut ledger = Ledger::default();
        let mine = draws(&["1/1h", "1/1d"]);
        let other = vec![Draw { key: BudgetKey { subject: [8; 32], ..mine[0].key }, ..mine[0].clone() }];
        ledger.draw(&mine, at(0));
        ledger.draw(&other, at(0));

        ledger.reset(mine[0].key);

        assert_eq!(ledger.draw(&mine, at(0)), DrawOutcome::Admitted);
        assert_ne!(ledger.draw(&other, at(0)), DrawOutcome::Admitted);
    }

    #[test]
    fn only_full_budgets_are_forgotten() {
        let mut ledger = Ledger::default();
        ledger.draw(&draws(&["1/1h", "1/1d"]), at(0));

        assert_eq!(ledger.forget_full(at(3599), 10), 0);
        assert_eq!(ledger.forget_full(at(86_400), 1), 1);
        assert_eq!(ledger.forget_full(at(86_400), 10), 1);
        assert!(ledger.is_empty());
    }
}
