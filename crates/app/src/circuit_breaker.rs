use std::time::Duration;

use doorward_kernel::Timestamp;

/// Failures in a row that open a circuit.
const IN_A_ROW: u32 = 5;
/// The time that others wait for the call that finds out.
const PROBE: Duration = Duration::from_secs(1);

/// Leaves alone for a while what has failed again and again.
///
/// After the pause one call at a time finds out whether it is back; the others wait a second for that, not a pause.
#[derive(Debug, Default)]
pub(crate) struct CircuitBreaker {
    in_a_row: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Closed,
    /// Calls are left alone until then.
    Open { until: Timestamp },
    /// A call finds out; nothing is heard of it after that.
    HalfOpen { until: Timestamp },
}

impl CircuitBreaker {
    /// Lets a call pass, or tells until when to leave it.
    pub(crate) fn pass(&mut self, now: Timestamp, pause: Duration) -> Result<(), Timestamp> {
        match self.state {
            State::Closed => Ok(()),
            State::Open { until } if now < until => Err(until),
            State::HalfOpen { until } if now < until => Err(until.min(now + PROBE)),
            State::Open { .. } | State::HalfOpen { .. } => {
                self.state = State::HalfOpen { until: now + pause };
                Ok(())
            }
        }
    }

    /// Returns whether calls are left alone.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        match self.state {
            State::Closed => false,
            State::Open { until } | State::HalfOpen { until } => now < until,
        }
    }

    /// The call that was let pass was not made: another one finds out.
    pub(crate) fn unused(&mut self, now: Timestamp) {
        if let State::Open { .. } | State::HalfOpen { .. } = self.state {
            self.state = State::Open { until: now };
        }
    }

    /// An answer came.
    pub(crate) fn answered(&mut self) {
        *self = Self::default();
    }

    /// None came; whether that opened it.
    pub(crate) fn failed(&mut self, now: Timestamp, pause: Duration) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row >= IN_A_ROW {
            self.state = State::Open { until: now + pause };
        }
        self.in_a_row == IN_A_ROW
    }

    /// It said that it will not answer for long; whether that opened it.
    pub(crate) fn refused(&mut self, now: Timestamp, pause: Duration) -> bool {
        let is_news = matches!(self.state, State::Closed);
        *self = Self { in_a_row: IN_A_ROW, state: State::Open { until: now + pause } };
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn passes(circuit: &mut CircuitBreaker, seconds: i64) -> bool {
        circuit.pass(at(seconds), PAUSE).is_ok()
    }

    #[test]
    fn five_failures_in_a_row_open_it_for_a_pause() {
        let mut circuit = CircuitBreaker::default();

        let opened = [0, 1, 2, 3, 10, 11].map(|second| circuit.failed(at(second), PAUSE));

        assert_eq!(opened, [false, false, false, false, true, false]);
        assert_eq!(circuit.pass(at(40), PAUSE), Err(at(41)));
        assert!(passes(&mut circuit, 41));
    }

    #[test]
    fn after_a_pause_one_call_asks_for_all() {
        let mut circuit = CircuitBreaker::default();
        (0..5).for_each(|_| {
            circuit.failed(at(0), PAUSE);
        });

        assert_eq!([30, 31, 59, 60].map(|second| passes(&mut circuit, second)), [true, false, false, true]);
        circuit.failed(at(61), PAUSE);
        assert_eq!([62, 90, 91].map(|second| passes(&mut circuit, second)), [false, false, true]);
    }

    #[test]
    fn who_waits_for_the_answer_of_another_waits_a_second() {
        let mut circuit = CircuitBreaker::default();
        (0..5).for_each(|_| {
            circuit.failed(at(0), PAUSE);
        });

        assert_eq!([29, 30, 31].map(|second| circuit.pass(at(second), PAUSE)), [Err(at(30)), Ok(()), Err(at(32))]);
        circuit.answered();
        assert!(passes(&mut circuit, 32));
    }

    #[test]
    fn a_call_that_is_not_made_leaves_the_next_one_to_ask() {
        let mut circuit = CircuitBreaker::default();
        (0..5).for_each(|_| {
            circuit.failed(at(0), PAUSE);
        });

        assert!(passes(&mut circuit, 30));
        circuit.unused(at(30));

        assert_eq!([30, 31].map(|second| passes(&mut circuit, second)), [true, false]);
    }

    #[test]
    fn a_refusal_opens_it_at_once_and_again_after_each_question() {
        let mut circuit = CircuitBreaker::default();

        assert!(circuit.refused(at(0), 10 * PAUSE));
        assert_eq!(circuit.pass(at(299), PAUSE), Err(at(300)));
        assert!(passes(&mut circuit, 300));
        assert!(!circuit.refused(at(301), 10 * PAUSE));
        assert_eq!(circuit.pass(at(400), PAUSE), Err(at(601)));
    }

    #[test]
    fn an_answer_closes_it() {
        let mut circuit = CircuitBreaker::default();
        (0..5).for_each(|_| {
            circuit.failed(at(0), PAUSE);
        });

        circuit.answered();

        assert_eq!([0, 1].map(|second| passes(&mut circuit, second)), [true, true]);
        assert!(!circuit.failed(at(2), PAUSE));
    }
}
