use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::Timestamp;
use doorward_limit::{Tripwire, TripwireVerdict, Wire};
use futures_util::lock::Mutex as AsyncMutex;

use super::SmsPause;

/// The most codes that came back and are written at once; the rest of a second is not counted.
const MOST: usize = 10_000;

/// What a node knows of the switches of SMS: as of a second ago at most, and at once what it changes itself.
///
/// A start looks here and asks nobody, so that it takes as long whatever there is to find.
#[derive(Debug, Default)]
pub struct Posture {
    known: Mutex<Known>,
    /// Held by who counts what came back.
    pub(super) counting: AsyncMutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    paused_since: SmsPause,
    /// Until when wires are closed.
    closed: HashMap<Wire, Timestamp>,
    /// The codes that came back, by wires and the instant they were sent, which the store does not know yet.
    came_back: Vec<([Wire; 2], Timestamp)>,
}

impl Posture {
    /// Takes in what the store says.
    pub(super) fn learn(&self, paused_since: SmsPause, closed: Vec<(Wire, Tripwire)>) {
        let until = |(wire, state): (Wire, Tripwire)| Some((wire, state.closed_until?));
        let mut known = self.lock();
        known.paused_since = paused_since;
        known.closed = closed.into_iter().filter_map(until).collect();
    }

    /// Takes in that an operator has turned the switch.
    pub(super) fn turn(&self, paused_since: SmsPause) {
        self.lock().paused_since = paused_since;
    }

    /// Takes in that an operator has opened a wire.
    pub(super) fn reopen(&self, wire: &Wire) {
        self.lock().closed.remove(wire);
    }

    /// Takes in what a send has found.
    pub(super) fn judge(&self, wire: &Wire, verdict: TripwireVerdict) {
        if let TripwireVerdict::Closed { until } = verdict {
            self.lock().closed.insert(wire.clone(), until);
        }
    }

    /// Whether an operator has stopped all SMS.
    pub(super) fn is_paused(&self) -> bool {
        self.lock().paused_since.is_some()
    }

    /// Whether more may be sent to these.
    pub(super) fn verdicts(&self, wires: &[Wire; 2], now: Timestamp) -> [TripwireVerdict; 2] {
        let known = self.lock();
        wires.each_ref().map(|wire| match known.closed.get(wire).filter(|until| **until > now) {
            Some(until) => TripwireVerdict::Closed { until: *until },
            None => TripwireVerdict::Open,
        })
    }

    /// Notes a code that came back.
    pub(super) fn came_back(&self, wires: [Wire; 2], sent_at: Timestamp) {
        let mut known = self.lock();
        if known.came_back.len() < MOST {
            known.came_back.push((wires, sent_at));
        }
    }

    /// The codes that came back since this was asked last.
    pub(super) fn drain(&self) -> Vec<([Wire; 2], Timestamp)> {
        mem::take(&mut self.lock().came_back)
    }

    /// No step leaves it half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
