use std::{error::Error as _, fmt};

use doorward_notifier::{Scope, SendError};
use lettre::transport::smtp;

use crate::meaning::{Meaning, meaning};

/// The stage of an SMTP conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The greeting: EHLO, STARTTLS, AUTH.
    Greeting,
    /// The sender was named: MAIL.
    Sender,
    /// The recipient was named: RCPT.
    Recipient,
    /// The mail itself: DATA.
    Content,
}

/// Why a mail was not handed in; it holds nothing of the mail and no address.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The server said no.
    #[error("the server answered {code}{} to {stage}", enhanced.as_ref().map(|enhanced| format!(" {enhanced}")).unwrap_or_default())]
    Refused {
        /// The stage that was answered.
        stage: Stage,
        /// The reply code (RFC 5321, section 4.2).
        code: u16,
        /// The enhanced status code, as in `5.1.1` (RFC 3463).
        enhanced: Option<String>,
    },
    /// The server's answer is no SMTP.
    #[error("the server does not answer in SMTP")]
    Garbled,
    /// The server offers no STARTTLS, or no way of AUTH that is known here.
    #[error("the server does not offer what is needed")]
    Unfit(#[source] smtp::Error),
    /// There is no connection, or it was lost or is not safe enough.
    #[error("the connection failed")]
    Connection(#[source] smtp::Error),
    /// The conversation took too long.
    #[error("the server took too long")]
    TimedOut,
    /// All connections were in use: the server is too slow for what is handed in.
    #[error("other mails took too long")]
    Busy,
    /// The address is beyond ASCII, and the server does not take such (RFC 6531).
    #[error("the server takes ASCII addresses alone")]
    AsciiOnly,
    /// The message is not for a mailbox.
    #[error("the recipient is no mailbox")]
    NotMail,
}

impl SmtpError {
    pub(crate) fn at(stage: Stage, error: smtp::Error) -> Self {
        if let Some(code) = error.status() {
            // The reply's text may quote the address, so only the numbers are kept.
            let enhanced = error.source().and_then(|reply| enhanced(&reply.to_string()));
            return Self::Refused { stage, code: code.into(), enhanced };
        }
        if error.is_response() {
            Self::Garbled
        } else if error.is_client() {
            Self::Unfit(error)
        } else {
            Self::Connection(error)
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Content => "the mail",
        })
    }
}

impl From<SmtpError> for SendError {
    fn from(error: SmtpError) -> Self {
        let meaning = match &error {
            SmtpError::Refused { stage, code, enhanced } => meaning(*stage, *code, enhanced.as_deref()),
            SmtpError::Garbled | SmtpError::Connection(_) | SmtpError::TimedOut | SmtpError::Busy => {
                Meaning::Unavailable
            }
            SmtpError::Unfit(_) => Meaning::ProviderCannot(Scope::Everyone),
            // Another server may take such an address.
            SmtpError::AsciiOnly => Meaning::Failed,
            SmtpError::NotMail => Meaning::RecipientNever,
        };
        match meaning {
            Meaning::Unavailable => Self::unavailable(error),
            Meaning::Transient => Self::transient(error),
            Meaning::ProviderCannot(scope) => Self::provider_cannot(scope, error),
            Meaning::RecipientNever => Self::recipient_never(error),
            Meaning::Failed => Self::failed(error),
        }
    }
}

/// The `class.subject.detail` that a reply begins with.
fn enhanced(reply: &str) -> Option<String> {
    let word = reply.split_ascii_whitespace().next()?;
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (word.split('.').count() == 3 && word.split('.').all(is_number)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_numbers_of_a_reply_are_kept() {
        assert_eq!(enhanced("5.1.1 <ada@example.com> unknown").as_deref(), Some("5.1.1"));
        assert_eq!(enhanced("<ada@example.com> unknown"), None);
        assert_eq!(enhanced("127.0.0.1 is blocked"), None);
        assert_eq!(enhanced(""), None);
    }
}
