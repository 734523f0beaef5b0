use std::time::Duration;

use super::Backoff;

/// The numbers that rule the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// Messages claimed and sent at once.
    pub batch: u32,
    /// The time for which a worker holds what it claimed; longer than any send takes.
    pub lease: Duration,
    /// The waits between tries.
    pub backoff: Backoff,
    /// The time for which a provider that cannot be reached is left alone.
    pub breaker_open: Duration,
    /// The time for which a provider that does not send for us is left alone, at all or for a country, where another one does.
    pub refused_open: Duration,
    /// Tries after which a notice is given up, by default more than its 72 hours hold; a code is
    /// tried while it lives.
    pub max_tries: u32,
    /// The flows that show what truly became of their codes.
    pub outcomes: Outcomes,
}

/// The flows that show what truly became of their codes; to others they are `sent` after the typical delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcomes {
    /// All. Those of decoys and of taken addresses differ then.
    Everyone,
    /// Those that were started on a device which has logged in to the account before.
    #[default]
    KnownDevices,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(10) };
        let half_a_minute = Duration::from_secs(30);
        Self {
            batch: 64,
            lease: half_a_minute,
            backoff,
            breaker_open: half_a_minute,
            refused_open: Duration::from_mins(5),
            max_tries: 500,
            outcomes: Outcomes::default(),
        }
    }
}
