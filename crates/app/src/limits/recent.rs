use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::Timestamp;

/// The most subjects that are remembered: less than half a MiB.
const CAPACITY: usize = 4096;

/// What this node knows of subjects for a while, so that a flood of one costs no statement.
///
/// It is no more than a shortcut: the store that all nodes share decides. At its capacity, what
/// ends soonest is forgotten, and costs a statement again.
#[derive(Debug)]
pub(super) struct Recent<K, T> {
    known: Mutex<HashMap<K, (Timestamp, T)>>,
}

impl<K: Copy + Eq + Hash, T: Copy> Recent<K, T> {
    /// What is known, if it has not ended; after the clock stepped back it lasts no longer than `longest`.
    pub(super) fn get(&self, subject: K, longest: Duration, now: Timestamp) -> Option<T> {
        lasting(&self.lock(), &subject, longest, now)
    }

    /// Learns something that ends then; whether nothing was known. Of many calls at once one gets yes.
    pub(super) fn learn(&self, subject: K, value: T, time: Duration, now: Timestamp) -> bool {
        let mut known = self.lock();
        if lasting(&known, &subject, time, now).is_some() {
            return false;
        }
        make_room(&mut known, now);
        known.insert(subject, (now + time, value));
        true
    }

    /// Changes when it ends.
    pub(super) fn end_at(&self, subject: K, until: Timestamp) {
        if let Some((end, _)) = self.lock().get_mut(&subject) {
            *end = until;
        }
    }

    /// Deletes it at once.
    pub(super) fn forget(&self, subject: K) {
        self.lock().remove(&subject);
    }

    /// No step leaves the map half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Timestamp, T)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Default for Recent<K, T> {
    fn default() -> Self {
        Self { known: Mutex::default() }
    }
}

fn lasting<K: Eq + Hash, T: Copy>(
    known: &HashMap<K, (Timestamp, T)>,
    subject: &K,
    longest: Duration,
    now: Timestamp,
) -> Option<T> {
    known.get(subject).filter(|(until, _)| *until > now && *until <= now + longest).map(|(_, value)| *value)
}

fn make_room<K: Copy + Eq + Hash, T>(known: &mut HashMap<K, (Timestamp, T)>, now: Timestamp) {
    if known.len() < CAPACITY {
        return;
    }
    known.retain(|_, (until, _)| *until > now);
    while known.len() >= CAPACITY {
        let soonest = known.iter().min_by_key(|(_, (until, _))| *until).map(|(subject, _)| *subject);
        let Some(soonest) = soonest else { return };
        known.remove(&soonest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn subject(n: usize) -> [u8; 32] {
        let mut subject = [0; 32];
        subject[..8].copy_from_slice(&n.to_be_bytes());
        subject
    }

    #[test]
    fn what_is_learned_lasts_its_time_for_its_subject() {
        let recent = Recent::default();

        assert!(recent.learn(subject(1), 7, MINUTE, at(0)));
        assert!(!recent.learn(subject(1), 8, MINUTE, at(59)));
        assert!(recent.learn(subject(2), 9, MINUTE, at(59)));
        assert_eq!(recent.get(subject(1), MINUTE, at(59)), Some(7));
        assert_eq!(recent.get(subject(1), MINUTE, at(60)), None);
        assert!(recent.learn(subject(1), 8, MINUTE, at(60)));
    }

    #[test]
    fn what_is_forgotten_or_ends_early_is_not_known() {
        let recent = Recent::default();
        recent.learn(subject(1), (), MINUTE, at(0));
        recent.learn(subject(2), (), MINUTE, at(0));

        recent.forget(subject(1));
        recent.end_at(subject(2), at(10));

        assert!(recent.learn(subject(1), (), MINUTE, at(1)));
        assert!(!recent.learn(subject(2), (), MINUTE, at(9)));
        assert!(recent.learn(subject(2), (), MINUTE, at(10)));
    }

    #[test]
    fn a_clock_that_steps_back_makes_nothing_last_longer() {
        let recent = Recent::default();
        recent.learn(subject(1), (), MINUTE, at(1000));

        assert_eq!(recent.get(subject(1), MINUTE, at(0)), None);
        assert!(recent.learn(subject(1), (), MINUTE, at(0)));
    }

    #[test]
    fn any_number_of_subjects_fit_into_the_capacity() {
        let recent = Recent::default();

        for n in 0..2 * CAPACITY {
            assert!(recent.learn(subject(n), (), MINUTE, at(0)));
        }

        assert_eq!(recent.lock().len(), CAPACITY);
        assert!(recent.learn(subject(2 * CAPACITY), (), MINUTE, at(60)));
        assert_eq!(recent.lock().len(), 1);
    }
}
