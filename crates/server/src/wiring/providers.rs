use std::{path::Path, sync::Arc};

use anyhow::{Context, bail};
use doorward_http::{SmsReports, dev::Inbox};
use doorward_notifier::Notifier;
use doorward_notifier_smtp::{MailContext, SmtpNotifier, SmtpSettings};
use doorward_notifier_twilio::{Sender, TwilioNotifier, TwilioSettings, TwilioSignatures};

use crate::{inbox::InboxNotifier, settings::Settings};

/// What the service calls itself in texts.
pub(super) const SERVICE_NAME: &str = "Doorward";

/// The ways out to people.
#[derive(Clone)]
pub(crate) struct Providers {
    /// Sends mail.
    pub(crate) mail: Arc<dyn Notifier>,
    /// Sends SMS.
    pub(crate) sms: Arc<dyn Notifier>,
    /// What knows reports on SMS.
    pub(crate) reports: Option<Arc<dyn SmsReports>>,
}

/// Reports of Twilio: signed where it can reach us by https, which is where it is asked for them.
struct TwilioReports(Option<TwilioSignatures>);

impl SmsReports for TwilioReports {
    fn is_genuine(&self, fields: &[(&str, &str)], signature: Option<&str>) -> bool {
        let Self(signatures) = self;
        signatures.as_ref().is_none_or(|known| signature.is_some_and(|signature| known.is_right(fields, signature)))
    }
}

/// The real ways out: SMTP and Twilio.
pub(crate) fn real(settings: &Settings) -> anyhow::Result<Providers> {
    let (Some(url), Some(from)) = (&settings.smtp.url, &settings.smtp.from) else {
        bail!("smtp.url and smtp.from are needed");
    };
    let mail = SmtpNotifier::new(SmtpSettings {
        url: url.reveal().to_owned().into(),
        from: from.to_header(),
        timeout: settings.delivery.timeout,
        context: mail_context(settings),
    })?;
    let twilio = twilio(settings)?;
    let signed = |url: &String| TwilioSignatures::new(twilio.auth_token.clone(), url.clone());
    let reports = TwilioReports(twilio.status_callback.as_ref().map(signed));
    let sms = TwilioNotifier::new(twilio)?;
    Ok(Providers { mail: Arc::new(mail), sms: Arc::new(sms), reports: Some(Arc::new(reports)) })
}

/// The dev inbox in place of both; it keeps what it captured in that folder.
pub(crate) fn captured(settings: &Settings, folder: &Path) -> anyhow::Result<(Providers, Arc<Inbox>)> {
    let inbox = Arc::new(Inbox::default());
    let notifier = InboxNotifier::open(inbox.clone(), &folder.join("inbox.jsonl"), mail_context(settings))?;
    let notifier = Arc::new(notifier);
    Ok((Providers { mail: notifier.clone(), sms: notifier, reports: None }, inbox))
}

fn twilio(settings: &Settings) -> anyhow::Result<TwilioSettings> {
    let twilio = &settings.twilio;
    let sender = match (&twilio.from, &twilio.messaging_service_sid) {
        (Some(number), None) => Sender::From(number.clone()),
        (None, Some(service)) => Sender::MessagingService(service.clone()),
        _ => bail!("one of twilio.from and twilio.messaging_service_sid is needed"),
    };
    Ok(TwilioSettings {
        account_sid: twilio.account_sid.clone().context("twilio.account_sid is needed")?,
        auth_token: twilio.auth_token.as_ref().context("twilio.auth_token is needed")?.reveal().to_owned().into(),
        sender,
        base_url: twilio.base_url.to_string(),
        timeout: settings.delivery.timeout,
        origin_host: host(settings),
        status_callback: status_callback(settings),
    })
}

/// Where Twilio reports to, if it can: it takes no other address than one by https.
fn status_callback(settings: &Settings) -> Option<String> {
    let http = &settings.http;
    let origin = http.public_url.origin().ascii_serialization();
    (http.public_url.scheme() == "https").then(|| format!("{origin}{}/callbacks/twilio/status", http.base_path))
}

fn mail_context(settings: &Settings) -> MailContext {
    MailContext { service_name: SERVICE_NAME.to_owned(), host: host(settings) }
}

/// The host of the public address, which texts name.
fn host(settings: &Settings) -> String {
    settings.http.public_url.host_str().unwrap_or("localhost").to_owned()
}
