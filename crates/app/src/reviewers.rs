//! Numbers that reviewers of app stores log in with: each has one code that never changes and is never sent.
//!
//! Only numbers that nobody can have are among them, so that no code of this kind opens an account of anybody.

use std::sync::Arc;

use doorward_kernel::{PhoneNumber, Timestamp};
use doorward_otp::{Challenge, Channel, Code, Purpose, Step, Target};

/// The numbers of reviewers.
#[derive(Clone, Debug, Default)]
pub struct Reviewers(Arc<[Reviewer]>);

/// A number of a reviewer.
#[derive(Clone, Debug)]
pub struct Reviewer {
    /// The number, [which nobody has](is_fictional).
    pub number: PhoneNumber,
    /// The code that logs in with it.
    pub code: Code,
    /// When it no longer does (`until <= now`); nothing is sent to the number afterwards either.
    pub until: Timestamp,
}

impl Reviewers {
    /// These numbers.
    pub fn new(reviewers: impl Into<Arc<[Reviewer]>>) -> Self {
        Self(reviewers.into())
    }

    /// Whether a number is one of theirs.
    pub(crate) fn has(&self, number: &PhoneNumber) -> bool {
        self.0.iter().any(|reviewer| reviewer.number == *number)
    }

    /// The code for a login by the number of a reviewer; no other flow takes it.
    ///
    /// It is no second factor either: whoever registers with the number would have a password to try it after.
    pub(crate) fn code(&self, challenge: &Challenge, now: Timestamp) -> Option<&Code> {
        let Target::Phone(number) = &challenge.target else { return None };
        let is_by_number = (challenge.purpose, challenge.step) == (Purpose::Login, Step::PhoneCode)
            && !challenge.verified.contains(Channel::Password);
        let is_theirs = |reviewer: &&Reviewer| is_by_number && reviewer.number == *number && now < reviewer.until;
        let mut known = self.0.iter().filter(is_theirs);
        known.next().map(|reviewer| &reviewer.code)
    }
}

/// Whether a number is kept for fiction, and so assigned to nobody: 555-0100 to 555-0199 of every area code of +1
/// (NANPA).
pub fn is_fictional(number: &PhoneNumber) -> bool {
    let national = number.as_str().strip_prefix("+1").filter(|national| national.len() == 10);
    national.is_some_and(|national| national.get(3..8) == Some("55501"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_numbers_of_fiction_are_nobodys() {
        for (number, expected) in [
            ("+14155550100", true),
            ("+12125550199", true),
            ("+14155550200", false),
            ("+14155552671", false),
            ("+15555501000", false),
            ("+447400123456", false),
        ] {
            let number = PhoneNumber::from_stored(number.to_owned()).unwrap();

            assert_eq!(is_fictional(&number), expected, "{number:?}");
        }
    }
}
