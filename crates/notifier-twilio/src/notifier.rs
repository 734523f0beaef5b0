use std::{fmt, time::Duration};

use async_trait::async_trait;
use doorward_notifier::{Envelope, Notifier, Receipt, Recipient, SendError, sms::SmsText, voice::CallText};
use reqwest::{Client, Response, header::RETRY_AFTER, redirect::Policy};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use serde::Deserialize;
use url::Url;

use crate::{
    TwilioError,
    form::{Form, form},
    settings::{self, AddressRetention, ContentRetention, Credentials, Sender, TwilioSettings, TwilioSettingsError},
};

/// The longest time that a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes.
const ANSWER_MAX: usize = 16 * 1024;

/// Hands messages of one channel to Twilio.
pub struct TwilioNotifier {
    client: Client,
    endpoint: Url,
    account_sid: String,
    credentials: Credentials,
    sender: Sender,
    text: SmsText,
    call: CallText,
    status_callback: Option<String>,
    content_retention: Option<ContentRetention>,
    address_retention: Option<AddressRetention>,
}

impl TwilioNotifier {
    /// Checks the settings; it does not connect yet.
    pub fn new(settings: TwilioSettings) -> Result<Self, TwilioSettingsError> {
        let endpoint = settings.endpoint()?;
        if CryptoProvider::get_default().is_none() {
            // Losing the race is fine: then there is one.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let is_local = settings::is_local(&endpoint);
        let mut client = Client::builder()
            // A redirect would carry the token to whoever sent it.
            .redirect(Policy::none())
            .https_only(!is_local)
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout);
        if is_local {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(TwilioSettingsError::Client)?,
            endpoint,
            account_sid: settings.account_sid,
            credentials: settings.credentials,
            sender: settings.sender,
            text: settings.text,
            call: settings.call,
            status_callback: settings.status_callback,
            content_retention: settings.content_retention,
            address_retention: settings.address_retention,
        })
    }

    async fn post(&self, envelope: &Envelope, mut form: Form) -> Result<Receipt, TwilioError> {
        form.extend(
            self.status_callback.as_ref().map(|url| ("StatusCallback", format!("{url}/{}", envelope.report_token))),
        );
        if !matches!(self.sender, Sender::Caller(_)) {
            form.extend(self.content_retention.map(|retention| ("ContentRetention", retention.as_str().to_owned())));
            form.extend(self.address_retention.map(|retention| ("AddressRetention", retention.as_str().to_owned())));
        }
        let request = self.client.post(self.endpoint.clone()).form(&form);
        let (user, secret) = match &self.credentials {
            Credentials::AuthToken(token) => (&self.account_sid, token),
            Credentials::ApiKey { sid, secret } => (sid, secret),
        };
        let response = request.basic_auth(user, Some(secret.reveal())).send().await?;
        if response.status().is_success() {
            // It is taken, even where the answer is cut short.
            let taken = serde_json::from_slice(&beginning(response).await).ok();
            return Ok(Receipt { reference: taken.and_then(|taken: Taken| reference(taken.sid)) });
        }
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        Err(TwilioError::refused(status, retry_after, &beginning(response).await))
    }
}

impl fmt::Debug for TwilioNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioNotifier").field("sender", &self.sender).finish_non_exhaustive()
    }
}

#[async_trait]
impl Notifier for TwilioNotifier {
    #[tracing::instrument(name = "twilio.send", skip_all, fields(message.id = %envelope.id))]
    async fn send(&self, envelope: &Envelope) -> Result<Receipt, SendError> {
        let Recipient::Phone(..) = &envelope.recipient else {
            return Err(TwilioError::NotSms.into());
        };
        Ok(self.post(envelope, form(&self.sender, (&self.text, &self.call), envelope)?).await?)
    }
}

/// The beginning of Twilio's description of a message that it has taken.
#[derive(Deserialize)]
struct Taken {
    sid: String,
}

/// The SID, where it is one: `SM`, `MM` or `CA` and 32 hexadecimal digits.
fn reference(sid: String) -> Option<String> {
    (sid.len() == 34 && sid.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(sid)
}

/// The seconds of `Retry-After` (RFC 9110, section 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// As much of the body as a description of a failure can need; what cannot be read is left out.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body
}
