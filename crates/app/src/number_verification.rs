use doorward_kernel::{AuditEvent, AuditKind, PhoneNumber, Timestamp, UserId};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_user::{PhoneHolders, User};

use crate::{ClockAndIds, messages};

/// A number that its holder has just verified for one account.
///
/// The account becomes the number's one owner: its `phone` is the number, verified now.
/// The accounts in `drops` lose the number, if they still carry it, and only those that did
/// get their notice and audit event. Where others claim it besides, that is noted for
/// [`Claims`](crate::claims::Claims).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberVerification {
    /// The number.
    pub number: PhoneNumber,
    /// Everyone else who carried it when the caller read it.
    pub drops: Vec<NumberDrop>,
    /// The notice of the new number to the account's owner.
    pub notice: Message,
    /// Until when that notice is leased for the process that writes it; `None` where whoever comes may claim it.
    pub leased_until: Option<Timestamp>,
    /// The audit event of the verification.
    pub audit: AuditEvent,
}

/// An account that loses a number which somebody else has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberDrop {
    /// The account.
    pub user: UserId,
    /// The notice to its owner.
    pub notice: Message,
    /// The audit event.
    pub audit: AuditEvent,
}

impl NumberVerification {
    /// The verification of a number for one account, which takes it from everyone else who carries it.
    pub(crate) fn new(
        clock_and_ids: &ClockAndIds,
        owner: &User,
        number: &PhoneNumber,
        holders: PhoneHolders,
        kind: AuditKind,
        now: Timestamp,
    ) -> Self {
        let others = holders.owner.into_iter().chain(holders.claimants).filter(|holder| holder.id != owner.id);
        let drops = others.map(|holder| NumberDrop::new(clock_and_ids, &holder, number, now));
        Self {
            number: number.clone(),
            drops: drops.collect(),
            notice: notice(clock_and_ids, owner, NoticeTemplate::PhoneChanged, number, now),
            leased_until: None,
            audit: AuditEvent { user: Some(owner.id), ..clock_and_ids.event(kind, now) },
        }
    }
}

impl NumberDrop {
    /// The loss of a number that somebody else has verified.
    pub(crate) fn new(clock_and_ids: &ClockAndIds, holder: &User, number: &PhoneNumber, now: Timestamp) -> Self {
        Self {
            user: holder.id,
            notice: notice(clock_and_ids, holder, NoticeTemplate::PhoneDropped, number, now),
            audit: AuditEvent { user: Some(holder.id), ..clock_and_ids.event(AuditKind::PhoneDropped, now) },
        }
    }
}

fn notice(
    clock_and_ids: &ClockAndIds,
    user: &User,
    template: NoticeTemplate,
    number: &PhoneNumber,
    now: Timestamp,
) -> Message {
    messages::notice((&user.email, user.locale), template, Some(number.masked()), clock_and_ids.message_id(now), now)
}
