//! Messages to people: their content, the outbox and the delivery.
//!
//! A [`Message`] holds ids and parameters, never a text and never a code. The code is derived
//! again when the message is sent, so the outbox has no secret to lose.
//!
//! ```
//! use doorward_notifier::gsm7;
//!
//! assert_eq!(gsm7::septets("Your code is 123456"), Some(19));
//! assert_eq!(gsm7::septets("Ваш код"), None);
//! ```

mod deliveries;
mod delivery;
mod entry;
pub mod gsm7;
mod message;
mod minutes;
mod notifier;
mod outbox;
mod plural;
mod report_tokens;
mod sentence;
pub mod sms;
mod template;
mod template_fault;
pub mod voice;
mod words;

pub use deliveries::Deliveries;
pub use delivery::{Delivery, DeliveryEnd, DeliveryOutcome, DeliveryState, FailureAction, Report, ReportOutcome};
pub use entry::{Entry, EntryState, RetriedDead, RetryOutcome, Stage};
pub use message::{CodeRef, Content, Message, Recipient};
pub use minutes::minutes;
pub use notifier::{Body, Envelope, Notifier, Receipt, Scope, SendError};
pub use outbox::{Claimed, Outbox, OutboxSignal, Settlement, Verdict};
pub use plural::Plural;
pub use report_tokens::ReportTokens;
pub use template::{CodeTemplate, NoticeTemplate};
pub use template_fault::TemplateFault;

#[cfg(feature = "mock")]
pub use notifier::MockNotifier;
