use std::time::Duration;

use doorward_kernel::Country;
use doorward_limit::Limit;
use serde::{Deserialize, Serialize};

use super::{
    ReviewerNumber, limit_text,
    setting_errors::SettingErrors,
    text::{self, DurationOrOff},
};

/// The longest life of a code (NIST SP 800-63B-4, out-of-band authenticators).
const CODE_TTL_MAX: Duration = Duration::from_mins(10);

/// A login notes a number's use once a day.
const DORMANT_AFTER_MIN: Duration = Duration::from_hours(48);

/// `phone`: how numbers are read, and when they are no longer trusted alone.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Phone {
    /// The country of numbers without a leading `+`; without one, they are refused.
    #[serde(with = "text::option")]
    pub default_region: Option<Country>,
    /// The time that a number that no login uses still logs in alone.
    #[serde(with = "text")]
    pub dormant_after: DurationOrOff,
}

/// `otp`: codes by mail and SMS.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Otp {
    /// How many digits a code has, 6 to 8.
    pub digits: u8,
    /// The lifetime of a mailed code.
    #[serde(with = "text")]
    pub email_ttl: Duration,
    /// The lifetime of a code by SMS.
    #[serde(with = "text")]
    pub sms_ttl: Duration,
    /// Wrong tries that close a flow.
    pub max_attempts: u8,
    /// Times a code may be sent, the first time included.
    pub max_sends: u8,
    /// The waits before the second, third, … send; the last one repeats.
    #[serde(with = "text::list")]
    pub resend_after: Vec<Duration>,
    /// Wrong codes, per address or number; a known device has its own.
    #[serde(with = "limit_text")]
    pub wrong_per_identifier: Limit,
    /// Wrong codes in a row that disable a number or authenticator until it is bound anew.
    pub disable_after: u8,
    /// Numbers that reviewers of app stores log in with.
    pub reviewers: Vec<ReviewerNumber>,
}

/// `flow`: what needs a code to be finished.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Flow {
    /// The longest time that a flow may take from its start to its end.
    #[serde(with = "text")]
    pub ttl: Duration,
    /// The time that the submit that met a step, sent again, is given the next step again.
    #[serde(with = "text")]
    pub repeat_leeway: Duration,
}

/// `step_up`: what asks for a fresh verification.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StepUp {
    /// The time that a verification counts as fresh.
    #[serde(with = "text")]
    pub fresh: Duration,
}

impl Default for Phone {
    fn default() -> Self {
        Self { default_region: None, dormant_after: DurationOrOff(Some(Duration::from_hours(90 * 24))) }
    }
}

impl Default for Otp {
    fn default() -> Self {
        Self {
            digits: 6,
            email_ttl: Duration::from_mins(10),
            sms_ttl: Duration::from_mins(5),
            max_attempts: 5,
            max_sends: 3,
            resend_after: vec![Duration::from_secs(30), Duration::from_mins(1)],
            wrong_per_identifier: doorward_limit::Limits::default().wrong_codes,
            disable_after: 30,
            reviewers: Vec::new(),
        }
    }
}

impl Default for Flow {
    fn default() -> Self {
        Self { ttl: Duration::from_mins(15), repeat_leeway: Duration::from_secs(10) }
    }
}

impl Default for StepUp {
    fn default() -> Self {
        Self { fresh: Duration::from_mins(10) }
    }
}

impl Phone {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let is_long = self.dormant_after.0.is_none_or(|after| after >= DORMANT_AFTER_MIN);
        faults.unless(is_long, "phone.dormant_after", r#"must be at least 2d, or "off""#);
    }
}

impl Otp {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        faults.unless((6..=8).contains(&self.digits), "otp.digits", "must be 6, 7 or 8");
        let lives = Duration::from_secs(1)..=CODE_TTL_MAX;
        faults.unless(lives.contains(&self.email_ttl), "otp.email_ttl", "must be 1s to 10m");
        faults.unless(lives.contains(&self.sms_ttl), "otp.sms_ttl", "must be 1s to 10m");
        faults.unless((1..=10).contains(&self.max_attempts), "otp.max_attempts", "must be 1 to 10");
        faults.unless((1..=10).contains(&self.max_sends), "otp.max_sends", "must be 1 to 10");
        faults.unless(!self.resend_after.is_empty(), "otp.resend_after", r#"must have a duration, like ["30s"]"#);
        let is_short = self.resend_after.iter().all(|wait| *wait <= CODE_TTL_MAX);
        faults.unless(is_short, "otp.resend_after", "must have durations of at most 10m");
        // NIST SP 800-63B-4, section 3.2.2, has no more than 100 failures in a row.
        faults.unless((1..=100).contains(&self.disable_after), "otp.disable_after", "must be 1 to 100");
    }
}

impl Flow {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let lives = Duration::from_secs(1)..=Duration::from_hours(1);
        faults.unless(lives.contains(&self.ttl), "flow.ttl", "must be 1s to 1h");
        let is_short = self.repeat_leeway <= Duration::from_secs(10);
        faults.unless(is_short, "flow.repeat_leeway", "must be 0s to 10s");
    }
}

impl StepUp {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let lives = Duration::from_secs(1)..=Duration::from_hours(1);
        faults.unless(lives.contains(&self.fresh), "step_up.fresh", "must be 1s to 1h");
    }
}
