use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_limit::{BudgetKey, Draw};
use futures_util::lock::{Mutex as AsyncMutex, MutexGuard as AsyncGuard};

/// What calls of this node have given back and the store does not know yet.
///
/// It is written in one statement a second. Until then the next draw on the same budget is paid
/// from here, so nobody of this node is refused for it.
#[derive(Debug, Default)]
pub(super) struct Refunds {
    pending: Mutex<Vec<Pending>>,
    /// What is being written; held by who writes it.
    writing: AsyncMutex<()>,
}

/// What is to be written, by one at a time.
pub(super) struct Drained<'a> {
    pub(super) draws: Vec<Draw>,
    _writing: AsyncGuard<'a, ()>,
}

/// What was given back to one budget.
#[derive(Debug)]
struct Pending {
    draw: Draw,
    /// Whether the next draw may be paid from it.
    is_payable: bool,
}

impl Refunds {
    /// Adds what is given back.
    pub(super) fn add(&self, draws: impl IntoIterator<Item = Draw>) {
        let mut pending = self.lock();
        for draw in draws.into_iter().filter(|draw| draw.cost > 0 && !draw.limit.is_off()) {
            // What is more than one unit makes a budget full that was not, and must pay for nothing.
            let is_payable = draw.cost == 1;
            match pending.iter_mut().find(|other| other.is_payable == is_payable && other.is_of(&draw)) {
                Some(other) => other.draw.cost = other.draw.cost.saturating_add(draw.cost),
                None => pending.push(Pending { draw, is_payable }),
            }
        }
    }

    /// Pays draws from what was given back: what is left to draw, and what was paid.
    pub(super) fn pay(&self, mut draws: Vec<Draw>) -> (Vec<Draw>, Vec<Draw>) {
        let mut pending = self.lock();
        let mut paid = Vec::new();
        if !pending.is_empty() {
            for draw in &mut draws {
                let payable = pending.iter_mut().find(|other| other.is_payable && other.is_of(draw));
                let Some(Pending { draw: other, .. }) = payable else { continue };
                let cost = other.cost.min(draw.cost);
                (other.cost, draw.cost) = (other.cost - cost, draw.cost - cost);
                paid.push(Draw { cost, ..draw.clone() });
            }
            pending.retain(|other| other.draw.cost > 0);
            draws.retain(|draw| draw.cost > 0);
        }
        (draws, paid)
    }

    /// Whether any of these budgets is to be made full once this is written.
    pub(super) fn clear_any_of(&self, draws: &[Draw]) -> bool {
        self.lock().iter().any(|pending| !pending.is_payable && draws.iter().any(|draw| pending.is_of(draw)))
    }

    /// Forgets what was given back to a budget that is made full.
    pub(super) fn forget(&self, key: BudgetKey) {
        self.lock().retain(|pending| pending.draw.key != key);
    }

    /// Whether anything that was given back could make the difference to these draws once it is written.
    pub(super) fn concern(&self, draws: &[Draw]) -> bool {
        let is_given = |draw: &Draw| self.lock().iter().any(|pending| pending.draw.key == draw.key);
        self.writing.try_lock().is_none() || draws.iter().any(is_given)
    }

    /// All of it, to be written, once what was drained before is.
    pub(super) async fn drain(&self) -> Drained<'_> {
        let writing = self.writing.lock().await;
        let draws = mem::take(&mut *self.lock()).into_iter().map(|pending| pending.draw).collect();
        Drained { draws, _writing: writing }
    }

    /// No step leaves the list half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Vec<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Whether it was drawn on that budget, by that limit.
    fn is_of(&self, draw: &Draw) -> bool {
        self.draw.key == draw.key && self.draw.limit == draw.limit
    }
}

#[cfg(test)]
mod tests {
    use doorward_limit::{BudgetKind, Limit};
    use futures_util::FutureExt as _;

    use super::*;

    fn draw(subject: u8, cost: u32) -> Draw {
        let key = BudgetKey { kind: BudgetKind::IP_FAILURES, subject: [subject; 32] };
        Draw { key, limit: Limit::parse("20/10m").unwrap(), cost }
    }

    fn drained(refunds: &Refunds) -> Vec<Draw> {
        refunds.drain().now_or_never().unwrap().draws
    }

    #[test]
    fn what_is_being_written_concerns_every_draw_and_is_waited_for() {
        let refunds = Refunds::default();
        refunds.add([draw(1, 1)]);

        let writing = refunds.drain().now_or_never().unwrap();

        assert!(refunds.concern(&[draw(3, 1)]));
        assert!(refunds.drain().now_or_never().is_none());
        drop(writing);
        assert!(!refunds.concern(&[draw(3, 1)]));
    }

    #[test]
    fn what_was_given_back_pays_the_next_draw_and_what_is_left_is_written_once() {
        let refunds = Refunds::default();
        refunds.add([draw(1, 1), draw(2, 1)]);
        refunds.add([draw(1, 1)]);
        refunds.add([draw(4, 20)]);

        assert_eq!(refunds.pay(vec![draw(4, 1)]), (vec![draw(4, 1)], vec![]));
        assert_eq!(refunds.pay(vec![draw(1, 1), draw(3, 1)]), (vec![draw(3, 1)], vec![draw(1, 1)]));
        assert_eq!(refunds.pay(vec![draw(1, 3)]), (vec![draw(1, 2)], vec![draw(1, 1)]));
        assert!(refunds.concern(&[draw(2, 1)]) && !refunds.concern(&[draw(1, 1)]));
        assert_eq!(drained(&refunds), [draw(2, 1), draw(4, 20)]);
        assert_eq!(drained(&refunds), []);
    }
}
