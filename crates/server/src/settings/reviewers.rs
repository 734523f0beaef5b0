use std::{collections::HashSet, time::Duration};

use doorward_app::reviewers::{Reviewer, is_fictional};
use doorward_crypto::SystemClock;
use doorward_kernel::{Clock as _, PhoneNumber, Timestamp};
use doorward_otp::Code;
use serde::{Deserialize, Serialize};

use super::{Otp, SecretText, Settings, setting_errors::SettingErrors, text};

/// The longest time for which a code may stay the same.
const LONGEST: Duration = Duration::from_hours(90 * 24);

/// The digits of each code: as many as any code has, as it is there to be guessed for so long.
const DIGITS: usize = 8;

/// One of `otp.reviewers`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewerNumber {
    /// The number, in E.164.
    pub number: String,
    /// The code that logs in with it.
    #[serde(with = "text::option")]
    pub code: Option<SecretText>,
    /// Until when: an instant, or a day that begins in UTC.
    pub until: String,
}

impl ReviewerNumber {
    fn parse(&self) -> Option<Reviewer> {
        Some(Reviewer {
            number: PhoneNumber::parse(&self.number, None).ok()?,
            code: Code::parse(self.code.as_ref()?.reveal()).ok()?,
            until: Timestamp::parse_or_utc(&self.until).ok()?,
        })
    }
}

impl Otp {
    /// Returns the numbers of reviewers.
    pub fn reviewers(&self) -> Vec<Reviewer> {
        self.reviewers.iter().filter_map(ReviewerNumber::parse).collect()
    }
}

impl Settings {
    pub(super) fn check_reviewers(&self, faults: &mut SettingErrors) {
        let (setting, latest) = ("otp.reviewers", SystemClock::default().now() + LONGEST);
        let mut numbers = HashSet::new();
        for reviewer in &self.otp.reviewers {
            let problem = r#"must each have a number, a code, and until, like "2027-01-31T00:00:00Z""#;
            let Some(Reviewer { number, code, until }) = reviewer.parse() else {
                faults.add(setting, problem);
                continue;
            };
            let problem = "must have numbers that nobody has: 555-0100 to 555-0199 of an area code of +1";
            faults.unless(is_fictional(&number), setting, problem);
            let is_allowed = number.country().is_some_and(|country| self.sms.allowed_countries.has(country));
            faults.unless(is_allowed, setting, "must have numbers of countries in sms.allowed_countries");
            faults.unless(number.kind().is_served(), setting, "must have numbers of a kind that gets SMS");
            let is_long = code.reveal().len() == DIGITS && !is_guessed_first(code.reveal());
            faults.unless(is_long, setting, "must have codes of 8 digits that nobody tries first");
            faults.unless(until <= latest, setting, "must end within 90d");
            faults.unless(numbers.insert(number), setting, "must have each number once");
        }
    }
}

/// Whether a code goes up or down by one, or not at all, from digit to digit.
fn is_guessed_first(code: &str) -> bool {
    let mut steps = code.as_bytes().windows(2).map(|pair| match pair {
        [before, after] => i16::from(*after) - i16::from(*before),
        _ => 0,
    });
    let first = steps.next().unwrap_or_default();
    first.abs() <= 1 && steps.all(|step| step == first)
}
