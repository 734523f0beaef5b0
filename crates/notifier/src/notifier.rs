use std::{error::Error, time::Duration};

use async_trait::async_trait;
use doorward_kernel::{Locale, MessageId, Secret};

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
    /// What it says.
    pub body: Body,
}

/// What an envelope holds.
#[derive(Clone, Debug)]
pub enum Body {
    /// A code.
    Code {
        /// The text around it.
        template: CodeTemplate,
        /// The digits.
        code: Secret<String>,
        /// How long the code is still good.
        remaining: Duration,
    },
    /// Something that happened.
    Notice {
        /// The text.
        template: NoticeTemplate,
        /// What the text names.
        detail: Option<String>,
        /// The undo token, for this reader alone.
        undo: Option<Secret<String>>,
    },
}

/// Why a provider did not take a message.
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
        /// What went wrong, without the message's text.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It never will: no such recipient, refused content, wrong credentials.
    #[error("the provider refused the message")]
    Permanent(#[source] Box<dyn Error + Send + Sync>),
}

impl SendError {
    /// A failure that may pass.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Transient { retry_after: None, source: source.into() }
    }

    /// A failure of the provider itself.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    /// The least wait that it asks for.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Transient { retry_after, .. } => retry_after.unwrap_or_default(),
            Self::Unavailable(_) | Self::Permanent(_) => Duration::ZERO,
        }
    }

    /// A failure that will not pass.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Permanent(source.into())
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
    async fn send(&self, envelope: &Envelope) -> Result<(), SendError>;
}
