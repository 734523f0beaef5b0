use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use doorward_kernel::Timestamp;

/// A cache of what this node knows of subjects for a while, so that a flood of one costs no statement.
///
/// It is no more than a shortcut: the store that all nodes share decides. At its capacity, what
/// ends soonest is forgotten, and costs a statement again.
#[derive(Debug)]
pub(crate) struct Recent<K, T> {
    /// By subject: what is known, since when and until when.
    known: Mutex<HashMap<K, (T, Timestamp, Timestamp)>>,
    capacity: usize,
}

impl<K: Copy + Eq + Hash, T: Copy> Recent<K, T> {
    /// Knows at most so many subjects.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { known: Mutex::default(), capacity }
    }

    /// Returns what is known, if it has not expired; nothing after the clock stepped back.
    pub(crate) fn get(&self, subject: K, now: Timestamp) -> Option<T> {
        lasting(&self.lock(), &subject, now)
    }

    /// Learns something that ends then; whether nothing was known. Of many calls at once one gets yes.
    pub(crate) fn learn(&self, subject: K, value: T, time: Duration, now: Timestamp) -> bool {
        let mut known = self.lock();
        if lasting(&known, &subject, now).is_some() {
            return false;
        }
        evict(&mut known, self.capacity, now);
        known.insert(subject, (value, now, now + time));
        true
    }

    /// Changes what is known, if it has not ended; at once for all who ask.
    pub(crate) fn change<R>(&self, subject: K, now: Timestamp, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut known = self.lock();
        lasting(&known, &subject, now)?;
        known.get_mut(&subject).map(|(value, _, _)| change(value))
    }

    /// Changes when it ends.
    pub(crate) fn end_at(&self, subject: K, until: Timestamp) {
        if let Some((_, _, end)) = self.lock().get_mut(&subject) {
            *end = until;
        }
    }

    /// Deletes it at once.
    pub(crate) fn forget(&self, subject: K) {
        self.lock().remove(&subject);
    }

    /// No step leaves the map half-written, so one that panicked elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, (T, Timestamp, Timestamp)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash, T: Copy> Default for Recent<K, T> {
    /// At most 4096 subjects: less than half a MiB.
    fn default() -> Self {
        Self::with_capacity(4096)
    }
}

fn lasting<K: Eq + Hash, T: Copy>(
    known: &HashMap<K, (T, Timestamp, Timestamp)>,
    subject: &K,
    now: Timestamp,
) -> Option<T> {
    known.get(subject).filter(|(_, since, until)| *since <= now && now < *until).map(|(value, _, _)| *value)
}

/// Forgets what has ended, and if that is nothing, the half that ends soonest: it has to look at all.
fn evict<K: Copy + Eq + Hash, T>(known: &mut HashMap<K, (T, Timestamp, Timestamp)>, capacity: usize, now: Timestamp) {
    if known.len() < capacity {
        return;
    }
    known.retain(|_, (_, _, until)| *until > now);
    if known.len() < capacity {
        return;
    }
    let mut ends: Vec<_> = known.iter().map(|(subject, (_, _, until))| (*until, *subject)).collect();
    ends.sort_unstable_by_key(|(until, _)| *until);
    for (_, subject) in ends.iter().take(capacity / 2 + 1) {
        known.remove(subject);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn what_is_learned_lasts_its_time_for_its_subject() {
        let recent = Recent::default();

        assert!(recent.learn("ada", 7, MINUTE, at(0)));
        assert!(!recent.learn("ada", 8, MINUTE, at(59)));
        assert!(recent.learn("alan", 9, MINUTE, at(59)));
        assert_eq!(recent.get("ada", at(59)), Some(7));
        assert_eq!(recent.get("ada", at(60)), None);
        assert!(recent.learn("ada", 8, MINUTE, at(60)));
    }

    #[test]
    fn what_is_known_changes_while_it_lasts() {
        let recent = Recent::default();
        recent.learn("ada", 7, MINUTE, at(0));

        assert_eq!(recent.change("ada", at(59), |value| *value += 1), Some(()));
        assert_eq!(recent.get("ada", at(59)), Some(8));
        assert_eq!(recent.change("ada", at(60), |value| *value += 1), None);
        assert_eq!(recent.change("alan", at(0), |value| *value += 1), None);
    }

    #[test]
    fn what_is_forgotten_or_ends_early_is_not_known() {
        let recent = Recent::default();
        recent.learn("ada", (), MINUTE, at(0));
        recent.learn("alan", (), MINUTE, at(0));

        recent.forget("ada");
        recent.end_at("alan", at(10));

        assert!(recent.learn("ada", (), MINUTE, at(1)));
        assert!(!recent.learn("alan", (), MINUTE, at(9)));
        assert!(recent.learn("alan", (), MINUTE, at(10)));
    }

    #[test]
    fn a_clock_that_steps_back_makes_nothing_last_longer() {
        let recent = Recent::default();
        recent.learn("ada", (), MINUTE, at(1000));

        assert_eq!(recent.get("ada", at(0)), None);
        assert!(recent.learn("ada", (), MINUTE, at(0)));
    }

    #[test]
    fn any_number_of_subjects_fit_into_the_capacity_and_the_last_ones_are_known() {
        let recent = Recent::with_capacity(100);

        for n in 0..250 {
            assert!(recent.learn(n, (), MINUTE, at(n)));
            assert!(recent.lock().len() <= 100);
        }

        assert!((210..250).all(|n| recent.get(n, at(250)).is_some()));
        assert!(recent.learn(250, (), MINUTE, at(1000)));
    }
}
