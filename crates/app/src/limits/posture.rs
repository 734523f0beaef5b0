use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use doorward_kernel::Timestamp;
use doorward_limit::{ConversionBreaker, SmsDestination};
use futures_util::lock;

/// The most codes that came back and are written at once; the rest of a second is not counted.
const MOST: usize = 10_000;

/// A node's copy of the switches of SMS, a second old at most.
///
/// A start looks here and asks nobody, so that it takes as long whatever there is to find.
#[derive(Debug, Default)]
pub struct Posture {
    known: Mutex<Known>,
    /// Held by who counts what came back.
    pub(super) counting: lock::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    is_paused: bool,
    /// Until when destinations are closed.
    closed: HashMap<SmsDestination, Timestamp>,
    /// The codes that came back, by destinations and the instant they were sent, which the store does not know yet.
    came_back: Vec<([SmsDestination; 2], Timestamp)>,
}

impl Posture {
    /// Takes in what the store says.
    pub(super) fn learn(&self, is_paused: bool, closed: Vec<(SmsDestination, ConversionBreaker)>) {
        let until =
            |(destination, state): (SmsDestination, ConversionBreaker)| Some((destination, state.closed_until?));
        let mut known = self.lock();
        known.is_paused = is_paused;
        known.closed = closed.into_iter().filter_map(until).collect();
    }

    /// Takes in what a send has found.
    pub(super) fn close(&self, destination: SmsDestination, until: Timestamp) {
        self.lock().closed.insert(destination, until);
    }

    /// Whether an operator has stopped all SMS.
    pub(super) fn is_paused(&self) -> bool {
        self.lock().is_paused
    }

    /// Whether too few of the codes sent there came back.
    pub(super) fn is_closed(&self, destination: &SmsDestination, now: Timestamp) -> bool {
        self.lock().closed.get(destination).is_some_and(|until| *until > now)
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
