use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_limit::{BudgetKey, Draw};

/// What calls of this node have given back and the store does not know yet.
///
/// It is written in one statement a second. Until then the next draw on the same budget is paid
/// from here, so nobody of this node is refused for it.
#[derive(Debug, Default)]
pub(super) struct Refunds(Mutex<Vec<Pending>>);

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

    /// Forgets what was given back to a budget that is made full.
    pub(super) fn forget(&self, key: BudgetKey) {
        self.lock().retain(|pending| pending.draw.key != key);
    }

    /// All of it, to be written.
    pub(super) fn drain(&self) -> Vec<Draw> {
        mem::take(&mut *self.lock()).into_iter().map(|pending| pending.draw).collect()
    }

    /// No step leaves the list half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Vec<Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    use super::*;

    fn draw(subject: u8, cost: u32) -> Draw {
        let key = BudgetKey { kind: BudgetKind::IP_FAILURES, subject: [subject; 32] };
        Draw { key, limit: Limit::parse("20/10m").unwrap(), cost }
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
        assert_eq!(refunds.drain(), [draw(2, 1), draw(4, 20)]);
        assert_eq!(refunds.drain(), []);
    }
}
