use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::Timestamp;
use doorward_limit::{BreakerVerdict, ConversionBreaker, SmsDestination};
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
    /// Until when destinations are closed.
    closed: HashMap<SmsDestination, Timestamp>,
    /// The codes that came back, by destinations and the instant they were sent, which the store does not know yet.
    came_back: Vec<([SmsDestination; 2], Timestamp)>,
}

impl Posture {
    /// Takes in what the store says.
    pub(super) fn learn(&self, paused_since: SmsPause, closed: Vec<(SmsDestination, ConversionBreaker)>) {
        let until =
            |(destination, state): (SmsDestination, ConversionBreaker)| Some((destination, state.closed_until?));
        let mut known = self.lock();
        known.paused_since = paused_since;
        known.closed = closed.into_iter().filter_map(until).collect();
    }

    /// Takes in that an operator has turned the switch.
    pub(super) fn turn(&self, paused_since: SmsPause) {
        self.lock().paused_since = paused_since;
    }

    /// Takes in that an operator has opened a destination.
    pub(super) fn reopen(&self, destination: &SmsDestination) {
        self.lock().closed.remove(destination);
    }

    /// Takes in what a send has found.
    pub(super) fn judge(&self, destination: &SmsDestination, verdict: BreakerVerdict) {
        if let BreakerVerdict::Stops { until } = verdict {
            self.lock().closed.insert(destination.clone(), until);
        }
    }

    /// Whether an operator has stopped all SMS.
    pub(super) fn is_paused(&self) -> bool {
        self.lock().paused_since.is_some()
    }

    /// Whether more may be sent to these.
    pub(super) fn verdicts(&self, destinations: &[SmsDestination; 2], now: Timestamp) -> [BreakerVerdict; 2] {
        let known = self.lock();
        destinations.each_ref().map(|destination| match known.closed.get(destination).filter(|until| **until > now) {
            Some(until) => BreakerVerdict::Stops { until: *until },
            None => BreakerVerdict::Admits,
        })
    }

    /// Notes a code that came back.
    pub(super) fn came_back(&self, destinations: [SmsDestination; 2], sent_at: Timestamp) {
        let mut known = self.lock();
        if known.came_back.len() < MOST {
            known.came_back.push((destinations, sent_at));
        }
    }

    /// The codes that came back since this was asked last.
    pub(super) fn drain(&self) -> Vec<([SmsDestination; 2], Timestamp)> {
        mem::take(&mut self.lock().came_back)
    }

    /// No step leaves it half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
