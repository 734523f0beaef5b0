use doorward_kernel::{AuditEvent, PhoneNumber, Timestamp, UserId};
use doorward_notifier::Message;

/// A number that its holder has just verified for one account.
///
/// The account becomes the number's one owner: its `phone` is the number, verified now.
/// The accounts in `drops` lose the number, if they still carry it, and only those that did
/// get their notice and audit event. Where others claim it besides, that is noted for
/// [`Claims`](crate::claims::Claims).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberProof {
    /// The number.
    pub number: PhoneNumber,
    /// Everyone else who carried it when the caller looked.
    pub drops: Vec<NumberDrop>,
    /// What tells the account's owner of its new number.
    pub notice: Message,
    /// Until when that notice is held for the process that writes it; `None` where whoever comes may claim it.
    pub leased_until: Option<Timestamp>,
    /// The event that tells of the proof.
    pub audit: AuditEvent,
}

/// An account that loses a number which somebody else has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberDrop {
    /// The account.
    pub user: UserId,
    /// What tells its owner.
    pub notice: Message,
    /// The event that tells of it.
    pub audit: AuditEvent,
}
