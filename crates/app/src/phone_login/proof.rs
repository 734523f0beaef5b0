use doorward_kernel::{AuditEvent, AuditKind, PhoneNumber, Timestamp};
use doorward_notifier::{Message, NoticeTemplate};
use doorward_user::{PhoneHolders, User};

use crate::{Moment, NumberDrop, NumberProof, messages};

/// The proof of a number for one account, which takes it from everyone else who carries it.
pub(crate) fn prove(
    moment: &Moment,
    owner: &User,
    number: &PhoneNumber,
    holders: PhoneHolders,
    kind: AuditKind,
    now: Timestamp,
) -> NumberProof {
    let others = holders.owner.into_iter().chain(holders.claimants).filter(|holder| holder.id != owner.id);
    let drops = others.map(|holder| number_drop(moment, &holder, number, now));
    NumberProof {
        number: number.clone(),
        drops: drops.collect(),
        notice: notice(moment, owner, NoticeTemplate::PhoneChanged, number, now),
        leased_until: None,
        audit: AuditEvent { user: Some(owner.id), ..moment.event(kind, now) },
    }
}

/// The loss of a number that somebody else has verified.
pub(crate) fn number_drop(moment: &Moment, holder: &User, number: &PhoneNumber, now: Timestamp) -> NumberDrop {
    NumberDrop {
        user: holder.id,
        notice: notice(moment, holder, NoticeTemplate::PhoneDropped, number, now),
        audit: AuditEvent { user: Some(holder.id), ..moment.event(AuditKind::PhoneDropped, now) },
    }
}

fn notice(moment: &Moment, user: &User, template: NoticeTemplate, number: &PhoneNumber, now: Timestamp) -> Message {
    messages::notice((&user.email, user.locale), template, Some(number.masked()), moment.message_id(now), now)
}
