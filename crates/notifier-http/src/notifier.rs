use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use doorward_kernel::{Clock, PhoneChannel};
use doorward_notifier::{Envelope, Notifier, Receipt, Recipient, SendError, sms::SmsText, voice::CallText};
use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use serde::Deserialize;
use url::Url;

use crate::{
    GatewayError, HttpSettings, HttpSettingsError, WebhookSecret, payload::Payload, secret::seconds, settings::is_local,
};

/// The longest time that a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
const ANSWER_MAX: usize = 16 * 1024;
/// The longest reference that is kept.
const REFERENCE_MAX: usize = 200;

/// Hands messages of one channel to a gateway.
pub struct HttpNotifier {
    client: Client,
    url: Url,
    secret: WebhookSecret,
    channel: PhoneChannel,
    text: SmsText,
    call: CallText,
    clock: Arc<dyn Clock>,
}

/// The beginning of the answer to a message that was taken.
#[derive(Deserialize)]
struct Taken {
    reference: String,
}

impl HttpNotifier {
    /// Checks the settings; it does not connect yet.
    pub fn new(settings: HttpSettings) -> Result<Self, HttpSettingsError> {
        HttpSettings::check_url(&settings.url)?;
        if CryptoProvider::get_default().is_none() {
            // Losing the race is fine: then there is one.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let mut client = Client::builder()
            // A redirect would carry the code to whoever sent it.
            .redirect(Policy::none())
            .https_only(!is_local(&settings.url))
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout);
        if is_local(&settings.url) {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(HttpSettingsError::Client)?,
            url: settings.url,
            secret: settings.secret,
            channel: settings.channel,
            text: settings.text,
            call: settings.call,
            clock: settings.clock,
        })
    }

    /// The text of an SMS or a message by WhatsApp; what a call says, twice.
    fn words(&self, envelope: &Envelope) -> Result<String, SendError> {
        let said = self.call.render(envelope).filter(|_| self.channel == PhoneChannel::Voice);
        match said {
            Some(said) => Ok(format!("{said} {said}")),
            None => self.text.render(envelope).map_err(SendError::failed),
        }
    }

    async fn post(&self, id: &str, body: String) -> Result<Receipt, GatewayError> {
        let now = self.clock.now();
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds(now))
            .header("webhook-signature", self.secret.sign(id, now, &body));
        let response = request.body(body).send().await?;
        if response.status().is_success() {
            // It is taken, even where the answer is cut short.
            let taken = serde_json::from_slice(&beginning(response).await).ok();
            return Ok(Receipt { reference: taken.and_then(|taken: Taken| reference(taken.reference)) });
        }
        Err(GatewayError::Refused { status: response.status().as_u16(), retry_after: retry_after(&response) })
    }
}

impl fmt::Debug for HttpNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpNotifier").finish_non_exhaustive()
    }
}

#[async_trait]
impl Notifier for HttpNotifier {
    #[tracing::instrument(name = "gateway.send", skip_all, fields(message.id = %envelope.id))]
    async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError> {
        let Recipient::Phone(..) = &envelope.recipient else {
            return Err(GatewayError::NotSms.into());
        };
        let text = self.words(envelope)?;
        let body = serde_json::to_string(&Payload::new(envelope, self.channel, &text)).map_err(SendError::failed)?;
        Ok(self.post(&envelope.id.to_string(), body).await?)
    }
}

/// The gateway's name for the message, where it can be kept and shown.
fn reference(text: String) -> Option<String> {
    let is_name = (1..=REFERENCE_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    is_name.then_some(text)
}

/// The seconds of `Retry-After` (RFC 9110, section 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// As much of the body as a reference can need; what cannot be read is left out.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body
}
