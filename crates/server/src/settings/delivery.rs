use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{setting_errors::SettingErrors, text};

/// `delivery`: how messages are handed to providers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// The wait before the second try; each later one is twice as long.
    #[serde(with = "text")]
    pub retry_first: Duration,
    /// Tries after which a message is given up.
    pub max_tries: u32,
    /// The time for which a worker may hold a message before another takes it.
    #[serde(with = "text")]
    pub lease: Duration,
    /// The interval at which workers poll for messages without a signal.
    #[serde(with = "text")]
    pub poll: Duration,
    /// The time for which a provider that failed again and again is left alone.
    #[serde(with = "text")]
    pub breaker_open: Duration,
    /// The time for which a provider that does not send for us is left alone where there is another one.
    #[serde(with = "text")]
    pub refused_open: Duration,
    /// The most time that a provider may take to answer.
    #[serde(with = "text")]
    pub timeout: Duration,
    /// The flows that show what truly became of their codes.
    pub outcomes: Outcomes,
}

/// The flows that show what truly became of their codes.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcomes {
    /// All.
    Everyone,
    /// Those of devices that have logged in to the account before.
    #[default]
    KnownDevices,
}

/// `retention`: how long what is no longer needed is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Registrations that nobody finished.
    #[serde(with = "text")]
    pub unverified: Duration,
    /// Flows that have ended.
    #[serde(with = "text")]
    pub flows: Duration,
    /// Sessions that have ended.
    #[serde(with = "text")]
    pub sessions: Duration,
    /// The client of a login: its network and its device.
    #[serde(with = "text")]
    pub addresses: Duration,
    /// Audit events.
    #[serde(with = "text")]
    pub audit: Duration,
    /// The interval at which the service removes what is past its time.
    #[serde(with = "text")]
    pub sweep_interval: Duration,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            retry_first: Duration::from_secs(1),
            max_tries: 500,
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(2),
            breaker_open: Duration::from_secs(30),
            refused_open: Duration::from_mins(5),
            timeout: Duration::from_secs(10),
            outcomes: Outcomes::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        let day = Duration::from_hours(24);
        Self {
            unverified: day,
            flows: day,
            sessions: 30 * day,
            addresses: 90 * day,
            audit: 400 * day,
            sweep_interval: Duration::from_mins(5),
        }
    }
}

impl Delivery {
    pub(super) fn check(&self, longest_try: Duration, faults: &mut SettingErrors) {
        let waits = [
            ("delivery.retry_first", self.retry_first),
            ("delivery.poll", self.poll),
            ("delivery.breaker_open", self.breaker_open),
            ("delivery.refused_open", self.refused_open),
            ("delivery.timeout", self.timeout),
        ];
        for (setting, wait) in waits {
            let is_sound = (Duration::from_secs(1)..=Duration::from_mins(10)).contains(&wait);
            faults.unless(is_sound, setting, "must be 1s to 10m");
        }
        faults.unless((1..=10_000).contains(&self.max_tries), "delivery.max_tries", "must be 1 to 10000");
        let is_longer = self.lease > longest_try;
        let problem = "must be longer than the time-outs of all providers of a channel, or messages go out twice";
        faults.unless(is_longer, "delivery.lease", problem);
        faults.unless(self.lease <= Duration::from_hours(1), "delivery.lease", "must be at most 1h");
    }
}

impl Retention {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let is_sound = (Duration::from_secs(1)..=Duration::from_hours(24)).contains(&self.sweep_interval);
        faults.unless(is_sound, "retention.sweep_interval", "must be 1s to 1d");
        // Whoever registers with somebody's address again and again tells its owner once a day.
        let is_remembered = self.unverified >= Duration::from_hours(24);
        faults.unless(is_remembered, "retention.unverified", "must be at least 1d");
    }
}
