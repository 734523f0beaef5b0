use doorward_kernel::{
    ChallengeId, ChangeId, EmailAddress, EpochId, Locale, MessageId, PhoneChannels, PhoneNumber, Timestamp,
};

use crate::{CodeTemplate, NoticeTemplate};

/// A message to one person, as the outbox keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Names the message; providers get it as their idempotency key.
    pub id: MessageId,
    /// The recipient.
    pub recipient: Recipient,
    /// The language of its text.
    pub locale: Locale,
    /// Its content.
    pub content: Content,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it is no longer worth sending: `expires_at <= now` is dropped.
    pub expires_at: Timestamp,
}

/// The recipient of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A mailbox.
    Email(EmailAddress),
    /// A telephone, by one of these channels.
    Phone(PhoneNumber, PhoneChannels),
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A code, derived when it is sent.
    Code {
        /// The text around it.
        template: CodeTemplate,
        /// Which code.
        code: CodeRef,
    },
    /// Nothing: written and settled like a code, so that time does not tell who gets one, and never sent.
    Decoy {
        /// The code that is not sent.
        code: CodeRef,
    },
    /// Something that happened.
    Notice {
        /// The text.
        template: NoticeTemplate,
        /// The address, number or login that the text names, masked; never what an unverified person typed.
        detail: Option<String>,
        /// The change that the reader may undo; the token for it is derived when it is sent.
        undo: Option<ChangeId>,
    },
}

/// The inputs from which a code is derived, beside the recipient and the purpose of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRef {
    /// The challenge it answers.
    pub challenge: ChallengeId,
    /// The key epoch it is derived under.
    pub epoch: EpochId,
    /// How many digits it has, 6 to 8.
    pub digits: u8,
}

impl Recipient {
    /// The address or number.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Phone(number, _) => number.as_str(),
        }
    }

    /// The address or number, masked as flows mask it.
    pub fn masked(&self) -> String {
        match self {
            Self::Email(email) => email.masked(),
            Self::Phone(number, _) => number.masked(),
        }
    }

    /// The way to them: `email`, or the name of their [`PhoneChannels`].
    pub const fn channel(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_, channels) => channels.as_str(),
        }
    }
}

impl Content {
    /// The stable name of what has no text, as long as that of the code of a login.
    pub const DECOY: &str = "code.decoy";

    /// The stable name of the text.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::Code { template, .. } => template.as_str(),
            Self::Decoy { .. } => Self::DECOY,
            Self::Notice { template, .. } => template.as_str(),
        }
    }
}
