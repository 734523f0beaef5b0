use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_user::User;

/// The precision of the last use of a number: a login writes it once a day.
const EXACT_TO: Duration = Duration::from_hours(24);

/// The time for which a number that no login uses still logs in alone.
///
/// Networks give numbers that are not used to other people, who then get the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dormancy {
    /// `None` where a number always does.
    pub after: Option<Duration>,
}

impl Dormancy {
    /// Returns whether the verified number of the account was not used for so long that a code to it is not enough.
    pub(super) fn is_dormant(self, user: &User, now: Timestamp) -> bool {
        let ends_at = user.number_used_at().zip(self.after).map(|(used_at, after)| used_at + after);
        ends_at.is_some_and(|ends_at| ends_at <= now)
    }

    /// Returns whether a login that uses the verified number of the account now is to be noted.
    pub(super) fn notes_use(user: &User, now: Timestamp) -> bool {
        user.number_used_at().is_some_and(|used_at| used_at + EXACT_TO <= now)
    }
}
