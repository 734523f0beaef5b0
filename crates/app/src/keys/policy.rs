use std::time::Duration;

use doorward_kernel::{KeyEpoch, Timestamp};

/// The schedule of epochs (NIST SP 800-57 part 1, section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationPolicy {
    /// The time that an epoch is used.
    pub every: Duration,
    /// The time that it is published before.
    pub publish_ahead: Duration,
}

impl Default for RotationPolicy {
    fn default() -> Self {
        Self { every: Duration::from_hours(30 * 24), publish_ahead: Duration::from_hours(24) }
    }
}

impl RotationPolicy {
    /// Returns when the next epoch is to begin, if it is time to publish it; never earlier than it was published for.
    pub fn due(&self, epochs: &[KeyEpoch], now: Timestamp) -> Option<Timestamp> {
        let latest = epochs.iter().filter(|epoch| epoch.is_accepted(now)).map(|epoch| epoch.not_before).max()?;
        let (ideal, earliest) = (latest + self.every, now + self.publish_ahead);
        (ideal <= earliest).then_some(ideal.max(earliest))
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::EpochId;

    use super::*;

    const POLICY: RotationPolicy =
        RotationPolicy { every: Duration::from_secs(100), publish_ahead: Duration::from_secs(10) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn epoch(id: i32, not_before: i64) -> KeyEpoch {
        KeyEpoch { id: EpochId(id), salt: [0; 32], root_check: None, not_before: at(not_before), retired_at: None }
    }

    #[test]
    fn the_next_epoch_is_due_when_it_must_be_published() {
        let epochs = [epoch(1, 0)];

        assert_eq!(POLICY.due(&epochs, at(89)), None);
        assert_eq!(POLICY.due(&epochs, at(90)), Some(at(100)));
    }

    #[test]
    fn an_overdue_epoch_is_still_published_ahead() {
        assert_eq!(POLICY.due(&[epoch(1, 0)], at(500)), Some(at(510)));
    }

    #[test]
    fn nothing_is_due_while_an_epoch_waits() {
        assert_eq!(POLICY.due(&[epoch(1, 0), epoch(2, 100)], at(95)), None);
    }

    #[test]
    fn an_epoch_that_was_retired_before_its_use_is_made_up_for() {
        let retired = KeyEpoch { retired_at: Some(at(92)), ..epoch(2, 100) };

        assert_eq!(POLICY.due(&[epoch(1, 0), retired], at(95)), Some(at(105)));
    }
}
