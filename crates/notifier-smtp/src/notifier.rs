use std::{fmt, time::Duration};

use async_trait::async_trait;
use doorward_kernel::Secret;
use doorward_notifier::{Envelope, Notifier, Receipt, Recipient, SendError};
use lettre::{Message, message::Mailbox, transport::smtp};
use tokio::time::{Instant, timeout_at};

use crate::{
    SmtpError,
    connections::Connections,
    conversation, ehlo, message,
    render::{self, MailContext},
    server::Server,
};

/// The settings of mail by SMTP.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// `smtp://` (STARTTLS required, but for a server on this machine) or `smtps://`; may hold
    /// user and password, percent-encoded.
    pub url: Secret<String>,
    /// The sender, as in `Doorward <no-reply@example.com>`.
    pub from: String,
    /// The EHLO name: a domain or an address literal; the domain of the sender when it is not set.
    pub hello: Option<String>,
    /// The longest time that one mail may take, with the wait for a connection and all.
    pub timeout: Duration,
    /// Values that every mail shows.
    pub context: MailContext,
}

impl SmtpSettings {
    /// The longest time that one mail may take unless the operator says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// Returns whether mail may be handed in there.
    pub fn check_url(url: &str) -> Result<(), SmtpSettingsError> {
        Server::parse(url).map(drop)
    }

    /// Returns whether mail may come from that sender.
    pub fn check_sender(from: &str) -> Result<(), SmtpSettingsError> {
        sender(from).map(drop)
    }

    /// Returns whether a client may call itself that.
    pub fn check_hello(hello: &str) -> Result<(), SmtpSettingsError> {
        ehlo::parse(hello).map(drop)
    }
}

fn sender(from: &str) -> Result<Mailbox, SmtpSettingsError> {
    from.parse().map_err(SmtpSettingsError::From)
}

/// Why mail cannot be handed in that way.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSettingsError {
    /// Not a URL.
    #[error("the SMTP URL cannot be read")]
    Url(#[source] url::ParseError),
    /// The URL is of another kind.
    #[error("the SMTP URL must begin with smtp:// or smtps://")]
    Scheme,
    /// The URL names no server.
    #[error("the SMTP URL must name a host")]
    Host,
    /// The URL goes on after the server.
    #[error("the SMTP URL must end after the port")]
    Trailing,
    /// Half of the credentials, or none that can be decoded.
    #[error("the SMTP URL must hold user and password, percent-encoded, or neither")]
    Credentials,
    /// The sender is no mailbox.
    #[error("the sender must be an address like no-reply@example.com")]
    From(#[source] lettre::address::AddressError),
    /// No server would take that for the name of a client.
    #[error("the client must call itself by a domain like auth.example.com or an address like [192.0.2.1]")]
    Hello,
    /// The name would break the subject line.
    #[error("the service name must be one line")]
    ServiceName,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] smtp::Error),
}

/// Hands mail to an SMTP server, over at most sixteen connections, some of which it keeps.
pub struct SmtpNotifier {
    connections: Connections,
    from: Mailbox,
    timeout: Duration,
    context: MailContext,
}

impl SmtpNotifier {
    /// Checks the settings; it does not connect yet.
    pub fn new(settings: SmtpSettings) -> Result<Self, SmtpSettingsError> {
        let server = Server::parse(settings.url.reveal())?;
        let from = sender(&settings.from)?;
        if settings.context.service_name.chars().any(char::is_control) {
            return Err(SmtpSettingsError::ServiceName);
        }
        let hello = ehlo::parse(settings.hello.as_deref().unwrap_or_else(|| from.email.domain()))?;
        let connections = Connections::new(server, hello, settings.timeout).map_err(SmtpSettingsError::Tls)?;
        Ok(Self { connections, from, timeout: settings.timeout, context: settings.context })
    }

    async fn hand_in(&self, message: &Message) -> Result<(), SmtpError> {
        let mut connection = self.connections.take().await?;
        conversation::hand_over(&mut connection, message).await?;
        self.connections.put_back(connection);
        Ok(())
    }
}

impl fmt::Debug for SmtpNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpNotifier").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

#[async_trait]
impl Notifier for SmtpNotifier {
    #[tracing::instrument(name = "smtp.send", skip_all, fields(message.id = %envelope.id))]
    async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError> {
        let Recipient::Email(to) = &envelope.recipient else {
            return Err(SmtpError::NotMail.into());
        };
        let mail = render::mail(envelope, &self.context).map_err(SendError::failed)?;
        let message = message::build(envelope.id, &self.from, to, mail).map_err(SendError::failed)?;
        let deadline = Instant::now() + self.timeout;
        let _slot = timeout_at(deadline, self.connections.slot()).await.map_err(|_| SmtpError::Busy)?;
        let handed_in = timeout_at(deadline, self.hand_in(&message)).await;
        handed_in.map_err(|_| SmtpError::TimedOut).flatten()?;
        Ok(Receipt { reference: Some(message::message_id(envelope.id, &self.from)) })
    }
}
