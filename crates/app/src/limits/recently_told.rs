use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::Timestamp;

/// The most incidents that are remembered: about a third of a MiB.
const CAPACITY: usize = 4096;

/// What this node has told a while ago, so that a flood of one kind and subject costs no statement.
///
/// It is no more than a shortcut: the budget that all nodes share decides how often something is
/// told. At its capacity, what may be told again soonest is forgotten, and costs a draw again.
#[derive(Debug, Default)]
pub struct RecentlyTold {
    quiet_until: Mutex<HashMap<[u8; 32], Timestamp>>,
}

impl RecentlyTold {
    /// Makes the incident quiet for that time; whether it was not so already.
    ///
    /// Of many calls at once one gets yes.
    pub(super) fn begin(&self, incident: [u8; 32], time: Duration, now: Timestamp) -> bool {
        let mut quiet_until = self.lock();
        // After the clock stepped back it is quiet no longer than if it was told now.
        let is_quiet = quiet_until.get(&incident).is_some_and(|until| *until > now && *until <= now + time);
        if !is_quiet {
            make_room(&mut quiet_until, now);
            quiet_until.insert(incident, now + time);
        }
        !is_quiet
    }

    /// Changes until when the incident is quiet, as another node told of it before.
    pub(super) fn end_at(&self, incident: [u8; 32], until: Timestamp) {
        if let Some(quiet_until) = self.lock().get_mut(&incident) {
            *quiet_until = until;
        }
    }

    /// Lets the incident be told at once, as nobody was told.
    pub(super) fn forget(&self, incident: [u8; 32]) {
        self.lock().remove(&incident);
    }

    /// No step leaves the map half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Timestamp>> {
        self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(quiet_until: &mut HashMap<[u8; 32], Timestamp>, now: Timestamp) {
    if quiet_until.len() < CAPACITY {
        return;
    }
    quiet_until.retain(|_, until| *until > now);
    while quiet_until.len() >= CAPACITY {
        let soonest = quiet_until.iter().min_by_key(|(_, until)| **until).map(|(incident, _)| *incident);
        let Some(soonest) = soonest else { return };
        quiet_until.remove(&soonest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn incident(n: usize) -> [u8; 32] {
        let mut incident = [0; 32];
        incident[..8].copy_from_slice(&n.to_be_bytes());
        incident
    }

    #[test]
    fn an_incident_is_quiet_for_its_time_and_others_are_not() {
        let told = RecentlyTold::default();

        assert!(told.begin(incident(1), MINUTE, at(0)));
        assert!(!told.begin(incident(1), MINUTE, at(59)));
        assert!(told.begin(incident(2), MINUTE, at(59)));
        assert!(told.begin(incident(1), MINUTE, at(60)));
    }

    #[test]
    fn what_was_not_told_after_all_is_not_quiet() {
        let told = RecentlyTold::default();
        told.begin(incident(1), MINUTE, at(0));
        told.begin(incident(2), MINUTE, at(0));

        told.forget(incident(1));
        told.end_at(incident(2), at(10));

        assert!(told.begin(incident(1), MINUTE, at(1)));
        assert!(!told.begin(incident(2), MINUTE, at(9)));
        assert!(told.begin(incident(2), MINUTE, at(10)));
    }

    #[test]
    fn a_clock_that_steps_back_makes_nothing_quiet_for_longer() {
        let told = RecentlyTold::default();
        told.begin(incident(1), MINUTE, at(1000));

        assert!(told.begin(incident(1), MINUTE, at(0)));
    }

    #[test]
    fn any_number_of_incidents_fit_into_the_capacity() {
        let told = RecentlyTold::default();

        for n in 0..2 * CAPACITY {
            assert!(told.begin(incident(n), MINUTE, at(0)));
        }

        assert_eq!(told.lock().len(), CAPACITY);
        assert!(told.begin(incident(2 * CAPACITY), MINUTE, at(60)));
        assert_eq!(told.lock().len(), 1);
    }
}
