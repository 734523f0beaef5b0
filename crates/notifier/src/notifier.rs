use std::{error::Error, time::Duration};

use async_trait::async_trait;
use doorward_kernel::{Locale, MessageId, Secret, Timestamp};

use crate::{CodeTemplate, NoticeTemplate, Recipient};

/// A message ready to be put into words and sent.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Names the message; the same at every try.
    pub id: MessageId,
    /// The recipient.
    pub recipient: Recipient,
    /// The language of its text.
    pub locale: Locale,
    /// Its body.
    pub body: Body,
    /// When it is no longer worth sending.
    pub expires_at: Timestamp,
    /// Names it in the address that the provider reports to.
    pub report_token: String,
}

/// The body of an envelope.
#[derive(Clone, Debug)]
pub enum Body {
    /// A code.
    Code {
        /// The text around it.
        template: CodeTemplate,
        /// The digits.
        code: Secret<String>,
        /// The time that the code is still good.
        remaining: Duration,
    },
    /// Something that happened.
    Notice {
        /// The text.
        template: NoticeTemplate,
        /// The address, number or login that the text names.
        detail: Option<String>,
        /// The undo token, for this reader alone.
        undo: Option<Secret<String>>,
    },
}

/// The answer of a provider that has taken a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's own name for the message; its logs and reports have it.
    pub reference: Option<String>,
}

/// Why a provider did not take a message.
///
/// Every one but [`RecipientNever`](Self::RecipientNever) leaves it to another provider, or to this one later.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nobody answered: no connection, none in time, or nothing but that it is out of service.
    #[error("the provider cannot be reached")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It answered, and may take the message later: 4xx replies of SMTP, 429 of HTTP.
    #[error("the provider did not take the message now")]
    Transient {
        /// When it asks to be tried again.
        retry_after: Option<Duration>,
        /// The cause, without the message's text.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It does not send for us until somebody has mended our account there.
    #[error("the provider does not send for this account")]
    ProviderCannot {
        /// Which messages are refused alike.
        scope: Scope,
        /// The provider's answer.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// No provider can: there is no such recipient, or it wants none of our messages.
    #[error("the recipient cannot be reached")]
    RecipientNever(#[source] Box<dyn Error + Send + Sync>),
    /// It refused this message, for a reason that is not known or that says nothing of others.
    #[error("the provider refused the message")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// The messages that a provider cannot send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All: credentials, a suspended account, no balance, a sender that is not ours.
    Everyone,
    /// Those to the country of this one: no permission, or no registered sender for it.
    Country,
}

impl SendError {
    /// A failure that may pass.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Transient { retry_after: None, source: source.into() }
    }

    /// No answer.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    /// A refusal of all messages of that scope.
    pub fn provider_cannot(scope: Scope, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::ProviderCannot { scope, source: source.into() }
    }

    /// A refusal that every provider would repeat.
    pub fn recipient_never(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::RecipientNever(source.into())
    }

    /// A refusal of this message.
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }

    /// The least wait that it asks for.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Transient { retry_after, .. } => retry_after.unwrap_or_default(),
            Self::Unavailable(_) | Self::ProviderCannot { .. } | Self::RecipientNever(_) | Self::Failed(_) => {
                Duration::ZERO
            }
        }
    }
}

/// Puts messages into words and hands them to a provider.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends one message; `Ok` means that the provider has taken responsibility for it.
    ///
    /// Ends within the adapter's time-out. May be called again with the same envelope after
    /// an error or a crash: a message can arrive twice, never not at all.
    async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError>;
}
