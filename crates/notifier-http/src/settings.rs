use std::{sync::Arc, time::Duration};

use doorward_kernel::{Clock, PhoneChannel, is_loopback};
use doorward_notifier::{sms::SmsText, voice::CallText};
use url::Url;

use crate::WebhookSecret;

/// The settings of messages to telephones by a gateway.
#[derive(Clone)]
pub struct HttpSettings {
    /// Where messages are posted; plain http only on this machine.
    pub url: Url,
    /// The channel it is to send them by.
    pub channel: PhoneChannel,
    /// Signs the requests.
    pub secret: WebhookSecret,
    /// The longest time that one message may take, connection and all.
    pub timeout: Duration,
    /// The words of the messages.
    pub text: SmsText,
    /// The words of calls.
    pub call: CallText,
    /// When requests are signed.
    pub clock: Arc<dyn Clock>,
}

/// Why messages cannot be handed to a gateway that way.
#[derive(Debug, thiserror::Error)]
pub enum HttpSettingsError {
    /// The requests could be read on their way.
    #[error("the URL must be https; http is for this machine only")]
    Url,
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

impl HttpSettings {
    /// Returns whether messages may be posted there.
    pub fn check_url(url: &Url) -> Result<(), HttpSettingsError> {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local(url));
        if is_safe && url.host_str().is_some() { Ok(()) } else { Err(HttpSettingsError::Url) }
    }
}

/// Returns whether the URL names this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}
