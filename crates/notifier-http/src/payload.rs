use doorward_kernel::PhoneChannel;
use doorward_notifier::{Body, Envelope};
use serde::Serialize;

/// The JSON that a gateway gets.
#[derive(Serialize)]
pub(crate) struct Payload<'a> {
    id: String,
    channel: &'static str,
    to: &'a str,
    locale: &'static str,
    purpose: &'static str,
    /// The digits; none in a notice.
    code: Option<&'a str>,
    text: &'a str,
    expires_at: String,
}

impl<'a> Payload<'a> {
    pub(crate) fn new(envelope: &'a Envelope, channel: PhoneChannel, text: &'a str) -> Self {
        let (purpose, code) = match &envelope.body {
            Body::Code { template, code, .. } => (template.as_str(), Some(code.reveal().as_str())),
            Body::Notice { template, .. } => (template.as_str(), None),
        };
        Self {
            id: envelope.id.to_string(),
            channel: channel.as_str(),
            to: envelope.recipient.as_str(),
            locale: envelope.locale.as_str(),
            // `login`, `register`; a notice keeps its `notice.`.
            purpose: purpose.strip_prefix("code.").unwrap_or(purpose),
            code,
            text,
            expires_at: envelope.expires_at.to_string(),
        }
    }
}
