use doorward_kernel::Timestamp;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// What was spent on one day of UTC, in messages or in the smallest unit of a currency.
///
/// Exact where a [`Rate`](crate::Rate) is smooth: at midnight, and only then, all comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DaySpend {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Spent on that day.
    pub spent: u64,
}

/// What may be spent a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendCap {
    /// The most.
    pub most: u64,
    /// The percentage that is worth a warning.
    pub warn_percent: u32,
}

/// Whether a spend was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendOutcome {
    /// It was.
    Spent(DaySpend),
    /// It was, and it is the one that crossed the warning; tell the operator once.
    Warned(DaySpend),
    /// It would pass the cap, and nothing is spent.
    Exhausted,
}

impl SpendCap {
    /// A cap that warns at 80 %.
    pub const fn new(most: u64) -> Self {
        Self { most, warn_percent: 80 }
    }

    /// Spends so much. A clock that steps back over midnight brings nothing back.
    pub fn spend(self, before: DaySpend, now: Timestamp, cost: u64) -> SpendOutcome {
        let today = now.as_micros().div_euclid(MICROS_A_DAY);
        let before = if today > before.day { DaySpend { day: today, spent: 0 } } else { before };
        let after = DaySpend { spent: before.spent.saturating_add(cost), ..before };
        if after.spent > self.most {
            SpendOutcome::Exhausted
        } else if !self.is_warning(before.spent) && self.is_warning(after.spent) {
            SpendOutcome::Warned(after)
        } else {
            SpendOutcome::Spent(after)
        }
    }

    fn is_warning(self, spent: u64) -> bool {
        u128::from(spent) * 100 >= u128::from(self.most) * u128::from(self.warn_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * MICROS_A_DAY)
    }

    #[test]
    fn it_warns_once_at_eighty_percent_and_stops_at_the_cap() {
        let cap = SpendCap::new(10);
        let mut spend = DaySpend::default();
        let mut warned = Vec::new();
        for number in 1..=10 {
            match cap.spend(spend, day(1), 1) {
                SpendOutcome::Spent(after) => spend = after,
                SpendOutcome::Warned(after) => {
                    warned.push(number);
                    spend = after;
                }
                SpendOutcome::Exhausted => panic!("stopped at {number}"),
            }
        }

        assert_eq!(warned, [8]);
        assert_eq!(cap.spend(spend, day(1), 1), SpendOutcome::Exhausted);
        assert_eq!(cap.spend(spend, day(1), 0), SpendOutcome::Spent(spend));
    }

    #[test]
    fn midnight_brings_all_back_and_a_clock_that_steps_back_nothing() {
        let cap = SpendCap::new(10);
        let spend = DaySpend { day: 2, spent: 10 };

        assert_eq!(cap.spend(spend, day(1), 1), SpendOutcome::Exhausted);
        assert_eq!(cap.spend(spend, day(3), 1), SpendOutcome::Spent(DaySpend { day: 3, spent: 1 }));
        assert_eq!(cap.spend(spend, day(3), u64::MAX), SpendOutcome::Exhausted);
    }
}
