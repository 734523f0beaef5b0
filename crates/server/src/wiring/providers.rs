use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};
use doorward_app::delivery::Provider;
use doorward_crypto::SystemClock;
use doorward_http::{DeliveryReports, SignedRequest, dev::Inbox};
use doorward_kernel::{Clock as _, Locale, PhoneChannel};
use doorward_notifier::{Notifier, sms::SmsText, voice::CallText};
use doorward_notifier_http::{HttpNotifier, HttpSettings, WebhookSecret};
use doorward_notifier_smtp::{MailContext, SmtpNotifier, SmtpSettings};
use doorward_notifier_twilio::{Credentials, Sender, TwilioNotifier, TwilioSettings, TwilioSignatures};

use crate::{
    inbox::InboxNotifier,
    settings::{Countries, Gateway, MailProvider, PhoneProvider, PhoneProviderKind, SecretText, Settings, Twilio},
};

/// The name of the account of the section `twilio`, by SMS.
const ONLY_ACCOUNT: &str = "twilio";

/// The ways out to people.
#[derive(Clone)]
pub(crate) struct Providers {
    /// Send mail, in their order.
    pub(crate) mail: Vec<Provider>,
    /// Send to telephones, in their order.
    pub(crate) phones: Vec<Provider>,
    /// Verifies delivery reports of SMS.
    pub(crate) reports: Option<Arc<dyn DeliveryReports>>,
}

/// The reports of accounts at Twilio and of gateways, by their names.
#[derive(Default)]
struct Reports {
    /// Those of the only account are not signed where it cannot reach us by https, as it is then not asked for them.
    accounts: HashMap<String, Option<TwilioSignatures>>,
    gateways: HashMap<String, WebhookSecret>,
}

impl DeliveryReports for Reports {
    fn is_genuine(&self, provider: &str, end: &str, fields: &[(&str, &str)], signature: Option<&str>) -> bool {
        let Some(known) = self.accounts.get(provider) else { return false };
        known.as_ref().is_none_or(|known| signature.is_some_and(|signature| known.is_right(end, fields, signature)))
    }

    fn is_recipient_never(&self, error_code: u32) -> bool {
        doorward_notifier_twilio::is_recipient_never(error_code)
    }

    fn is_signed(&self, provider: &str, request: &SignedRequest<'_>) -> bool {
        let SignedRequest { id, timestamp, signature, body } = *request;
        let now = SystemClock::default().now();
        self.gateways.get(provider).is_some_and(|secret| secret.has_signed((id, timestamp), body, signature, now))
    }
}

/// The real ways out: mail servers, accounts at Twilio, gateways.
pub(crate) fn real(settings: &Settings) -> anyhow::Result<Providers> {
    let mail =
        settings.mail_providers().iter().map(|provider| mail_provider(provider, settings)).collect::<Result<_, _>>()?;
    let mut phones = Vec::new();
    for provider in settings.phone_providers() {
        for channel in provider.common.channels.iter() {
            phones.extend(phone_provider(&provider, channel, settings)?);
        }
    }
    Ok(Providers { mail, phones, reports: reports(settings)? })
}

fn mail_provider(provider: &MailProvider, settings: &Settings) -> anyhow::Result<Provider> {
    let from = provider.from.as_ref().or(settings.smtp.from.as_ref()).context("smtp.from is needed")?;
    let notifier = SmtpNotifier::new(SmtpSettings {
        url: provider.url.as_ref().context("smtp.url is needed")?.reveal().to_owned().into(),
        from: from.to_header(),
        hello: provider.hello.clone(),
        timeout: provider.timeout.unwrap_or(settings.delivery.timeout),
        context: mail_context(settings)?,
    })?;
    Ok(Provider::new(&provider.name, Arc::new(notifier)))
}

/// The provider on one of its channels, if it may be used for anybody.
fn phone_provider(
    provider: &PhoneProvider,
    channel: PhoneChannel,
    settings: &Settings,
) -> anyhow::Result<Option<Provider>> {
    let Some(countries) = provider.countries_on(channel, settings) else { return Ok(None) };
    let (name, timeout) = (provider.name_on(channel), provider.common.timeout.unwrap_or(settings.delivery.timeout));
    let notifier: Arc<dyn Notifier> = match &provider.kind {
        PhoneProviderKind::Twilio(account) => {
            let sender = sender(account, channel)?;
            Arc::new(TwilioNotifier::new(twilio(&name, account, sender, timeout, settings)?)?)
        }
        PhoneProviderKind::Http(gateway) => Arc::new(HttpNotifier::new(HttpSettings {
            url: gateway.url.clone().context("the gateway's URL is needed")?,
            secret: webhook_secret(gateway)?,
            channel,
            timeout,
            text: sms_text(settings)?,
            call: call_text(settings)?,
            clock: Arc::new(SystemClock::default()),
        })?),
    };
    let provider = Provider::new(name, notifier).by(channel);
    Ok(Some(match countries {
        Countries::Every => provider,
        Countries::Only(countries) => provider.only_for(countries),
    }))
}

/// Knows the reports of every account at Twilio, if there is one.
fn reports(settings: &Settings) -> anyhow::Result<Option<Arc<dyn DeliveryReports>>> {
    let (mut reports, is_only) = (Reports::default(), settings.sms.providers.is_empty());
    for provider in settings.phone_providers() {
        for name in provider.common.channels.iter().map(|channel| provider.name_on(channel)) {
            match &provider.kind {
                PhoneProviderKind::Http(gateway) => {
                    reports.gateways.insert(name, webhook_secret(gateway)?);
                }
                PhoneProviderKind::Twilio(account) => {
                    let signed = status_callback(&name, account, settings).zip(account.auth_token.as_ref());
                    let signed =
                        signed.map(|(url, token)| TwilioSignatures::new(token.reveal().to_owned().into(), &url));
                    let signed = signed.transpose()?;
                    if is_only || signed.is_some() {
                        reports.accounts.insert(name, signed);
                    }
                }
            }
        }
    }
    if reports.accounts.is_empty() && reports.gateways.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(reports)))
}

fn webhook_secret(gateway: &Gateway) -> anyhow::Result<WebhookSecret> {
    Ok(WebhookSecret::parse(gateway.secret.as_ref().map(SecretText::reveal).unwrap_or_default())?)
}

/// The dev inbox in place of both; it keeps what it captured in that folder.
pub(crate) fn captured(settings: &Settings, folder: &Path) -> anyhow::Result<(Providers, Arc<Inbox>)> {
    let inbox = Arc::new(Inbox::default());
    let to_phones = (sms_text(settings)?, call_text(settings)?);
    let notifier = InboxNotifier::open(inbox.clone(), &folder.join("inbox.jsonl"), mail_context(settings)?, to_phones)?;
    let notifier: Arc<dyn Notifier> = Arc::new(notifier);
    let inboxed = Provider::new("inbox", notifier);
    let calls = settings.voice.allowed_countries.as_ref().map(|countries| {
        let calls = inboxed.clone().by(PhoneChannel::Voice);
        match countries {
            Countries::Every => calls,
            Countries::Only(countries) => calls.only_for(countries.clone()),
        }
    });
    let mut phones = vec![inboxed.clone(), inboxed.clone().by(PhoneChannel::WhatsApp)];
    phones.extend(calls);
    Ok((Providers { mail: vec![inboxed], phones, reports: None }, inbox))
}

fn sender(twilio: &Twilio, channel: PhoneChannel) -> anyhow::Result<Sender> {
    Ok(match (channel, &twilio.from, &twilio.messaging_service_sid) {
        (PhoneChannel::Sms, Some(number), None) => Sender::From(number.clone()),
        (PhoneChannel::Sms, None, Some(service)) => Sender::MessagingService(service.clone()),
        (PhoneChannel::Sms, ..) => bail!("one of twilio.from and twilio.messaging_service_sid is needed"),
        (PhoneChannel::Voice, from, _) => Sender::Caller(from.clone().context("a number to call from is needed")?),
        (PhoneChannel::WhatsApp, ..) => Sender::WhatsApp {
            from: twilio.whatsapp_from.clone().context("a number for WhatsApp is needed")?,
            content_sids: twilio
                .content_sids
                .iter()
                .filter_map(|(tag, sid)| Some((Locale::parse(tag)?, sid.clone())))
                .collect(),
        },
    })
}

fn twilio(
    name: &str,
    twilio: &Twilio,
    sender: Sender,
    timeout: Duration,
    settings: &Settings,
) -> anyhow::Result<TwilioSettings> {
    Ok(TwilioSettings {
        account_sid: twilio.account_sid.clone().context("twilio.account_sid is needed")?,
        credentials: credentials(twilio)?,
        sender,
        base_url: twilio.base_url.to_string(),
        timeout,
        text: sms_text(settings)?,
        call: call_text(settings)?,
        status_callback: status_callback(name, twilio, settings),
        content_retention: twilio.content_retention,
        address_retention: twilio.address_retention,
    })
}

/// An API key, where there is one, as it can be taken back alone; else the account's own token.
fn credentials(twilio: &Twilio) -> anyhow::Result<Credentials> {
    match (&twilio.api_key_sid, &twilio.api_key_secret, &twilio.auth_token) {
        (Some(sid), Some(secret), _) => {
            Ok(Credentials::ApiKey { sid: sid.clone(), secret: secret.reveal().to_owned().into() })
        }
        (_, _, Some(token)) => Ok(Credentials::AuthToken(token.reveal().to_owned().into())),
        _ => bail!("twilio.auth_token is needed, or an API key"),
    }
}

/// Returns the URL Twilio reports to, if it can: it takes none but by https, and signs by the token.
fn status_callback(name: &str, account: &Twilio, settings: &Settings) -> Option<String> {
    let http = &settings.http;
    let origin = http.public_url.origin().ascii_serialization();
    let is_signed = http.public_url.scheme() == "https" && account.auth_token.is_some();
    let is_short = settings.sms.providers.is_empty() && name == ONLY_ACCOUNT;
    let account = if is_short { String::new() } else { format!("/{name}") };
    is_signed.then(|| format!("{origin}{}/callbacks/twilio{account}/status", http.base_path))
}

fn mail_context(settings: &Settings) -> anyhow::Result<MailContext> {
    settings.mail_context().map_err(|problems| anyhow!("texts.folder: {}", problems.join("; ")))
}

fn sms_text(settings: &Settings) -> anyhow::Result<SmsText> {
    let texts = settings.with_own_sentences(settings.sms_text()?);
    texts.map_err(|problems| anyhow!("texts.folder: {}", problems.join("; ")))
}

fn call_text(settings: &Settings) -> anyhow::Result<CallText> {
    settings.call_text().map_err(|problems| anyhow!("texts.folder: {}", problems.join("; ")))
}
