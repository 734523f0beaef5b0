use std::time::Duration;

use doorward_kernel::{ChangeId, EmailAddress, Locale, MessageId, PhoneChannels, PhoneNumber, Timestamp};
use doorward_notifier::{CodeRef, CodeTemplate, Content, Message, NoticeTemplate, Recipient};
use doorward_otp::{Challenge, Purpose, Target};

/// The time that a notice is worth sending, as mail servers keep trying for days too (RFC 5321, section 4.5.4.1).
const NOTICE_LIFE: Duration = Duration::from_hours(72);

/// The message that carries a challenge's code.
pub(crate) fn code(challenge: &Challenge, id: MessageId, now: Timestamp) -> Message {
    let content = Content::Code { template: template_of(challenge.purpose), code: code_of(challenge) };
    to_target(challenge, content, id, now)
}

/// Builds the message that is written in place of a code that is not sent.
pub(crate) fn decoy(challenge: &Challenge, id: MessageId, now: Timestamp) -> Message {
    to_target(challenge, Content::Decoy { code: code_of(challenge) }, id, now)
}

const fn code_of(challenge: &Challenge) -> CodeRef {
    CodeRef { challenge: challenge.id, epoch: challenge.epoch, digits: challenge.digits.get() }
}

fn to_target(challenge: &Challenge, content: Content, id: MessageId, now: Timestamp) -> Message {
    let recipient = match &challenge.target {
        Target::Email(email) => Recipient::Email(email.clone()),
        Target::Phone(number) => Recipient::Phone(number.clone(), challenge.phone_channels),
    };
    Message { id, recipient, locale: challenge.locale, content, created_at: now, expires_at: challenge.expires_at }
}

/// A notice by mail.
pub(crate) fn notice(
    (email, locale): (&EmailAddress, Locale),
    template: NoticeTemplate,
    detail: Option<String>,
    id: MessageId,
    now: Timestamp,
) -> Message {
    let recipient = Recipient::Email(email.clone());
    let content = Content::Notice { template, detail, undo: None };
    Message { id, recipient, locale, content, created_at: now, expires_at: now + NOTICE_LIFE }
}

/// A notice by SMS; it tells no detail.
pub(crate) fn notice_by_sms(
    (number, locale): (&PhoneNumber, Locale),
    template: NoticeTemplate,
    id: MessageId,
    now: Timestamp,
) -> Message {
    let recipient = Recipient::Phone(number.clone(), PhoneChannels::SMS);
    let content = Content::Notice { template, detail: None, undo: None };
    Message { id, recipient, locale, content, created_at: now, expires_at: now + NOTICE_LIFE }
}

/// The same notice for a reader who may undo the change it tells of.
pub(crate) fn undoable(message: Message, change: ChangeId) -> Message {
    let content = match message.content {
        Content::Notice { template, detail, undo: _ } => Content::Notice { template, detail, undo: Some(change) },
        code @ (Content::Code { .. } | Content::Decoy { .. }) => code,
    };
    Message { content, ..message }
}

const fn template_of(purpose: Purpose) -> CodeTemplate {
    match purpose {
        Purpose::Register => CodeTemplate::Register,
        Purpose::Login => CodeTemplate::Login,
        Purpose::ChangeEmail => CodeTemplate::ChangeEmail,
        Purpose::ChangePhone => CodeTemplate::ChangePhone,
        Purpose::StepUp => CodeTemplate::StepUp,
        Purpose::ResetPassword => CodeTemplate::ResetPassword,
        Purpose::Bind => CodeTemplate::Bind,
    }
}

/// The purpose whose codes a template carries.
pub(crate) const fn purpose_of(template: CodeTemplate) -> Purpose {
    match template {
        CodeTemplate::Register => Purpose::Register,
        CodeTemplate::Login => Purpose::Login,
        CodeTemplate::ChangeEmail => Purpose::ChangeEmail,
        CodeTemplate::ChangePhone => Purpose::ChangePhone,
        CodeTemplate::StepUp => Purpose::StepUp,
        CodeTemplate::ResetPassword => Purpose::ResetPassword,
        CodeTemplate::Bind => Purpose::Bind,
    }
}
