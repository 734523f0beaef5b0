use std::time::Duration;

use crate::{Digits, Step};

/// The numbers that rule challenges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many digits codes have.
    pub digits: Digits,
    /// The lifetime of a mailed code, at most 10 minutes (NIST SP 800-63B-4, section 3.1.3).
    pub email_ttl: Duration,
    /// The lifetime of a code to a number, at most 10 minutes.
    pub phone_ttl: Duration,
    /// The lifetime of a step without a code.
    pub flow_ttl: Duration,
    /// Wrong tries that close a challenge.
    pub max_tries: u8,
    /// Times a code may be sent, the first time included.
    pub max_sends: u8,
    /// The waits before the second, third, … send; the last one repeats.
    pub resend_after: Vec<Duration>,
    /// The time that the submit that met a step is given the next step again.
    pub repeat_leeway: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            digits: Digits::SIX,
            email_ttl: Duration::from_mins(10),
            phone_ttl: Duration::from_mins(5),
            flow_ttl: Duration::from_mins(15),
            max_tries: 5,
            max_sends: 3,
            resend_after: vec![Duration::from_secs(30), Duration::from_mins(1)],
            repeat_leeway: Duration::from_secs(10),
        }
    }
}

impl Policy {
    /// Returns how long a step lives.
    pub const fn ttl(&self, step: Step) -> Duration {
        match step {
            Step::EmailCode => self.email_ttl,
            Step::PhoneCode => self.phone_ttl,
            Step::Totp | Step::Password | Step::FirstLogin => self.flow_ttl,
        }
    }
}
