use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_notifier::{Message, NoticeTemplate};
use doorward_session::Session;
use doorward_user::User;

use crate::{ClockAndIds, messages};

/// The cooldown of notices about new devices to one owner.
const QUIET: Duration = Duration::from_hours(24);

/// The notice of a login from an unknown device.
///
/// It is written in the step that opens the session, unless the owner was notified of one after that instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// The notice to the owner.
    pub notice: Message,
    /// Until when the notice is leased for the process that writes it, if it is.
    pub leased_until: Option<Timestamp>,
    /// When the owner may have been told last.
    pub unless_notified_since: Timestamp,
}

impl NewDevice {
    /// The notice of that session; `None` where the owner was told of another one lately.
    pub(crate) fn of(clock_and_ids: &ClockAndIds, owner: &User, session: &Session, now: Timestamp) -> Option<Self> {
        let unless_notified_since = now - QUIET;
        let is_due = owner.logins.new_device_notified_at.is_none_or(|notified_at| notified_at <= unless_notified_since);
        is_due.then(|| {
            let (to, detail) = ((&owner.email, owner.locale), Some(seen(session, now)));
            let id = clock_and_ids.message_id(now);
            let notice = messages::notice(to, NoticeTemplate::NewDevice, detail, id, now);
            Self { notice, leased_until: None, unless_notified_since }
        })
    }
}

/// Says when the login was, and from which client and network.
///
/// Nothing that the caller wrote stands in it, or the mail could say what a thief likes.
fn seen(session: &Session, now: Timestamp) -> String {
    let client = &session.client;
    let seen = [Some(now.to_minute()), client.kind(), client.network.clone()];
    seen.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
