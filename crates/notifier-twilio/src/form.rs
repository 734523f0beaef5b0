use std::ops::RangeInclusive;

use doorward_kernel::Locale;
use doorward_notifier::{Body, Envelope, SendError, sms::SmsText, voice::CallText};
use serde_json::json;

use crate::{Sender, TwilioError, twiml::twiml};

/// The bounds of `ValidityPeriod`, in seconds (twilio.com/docs/messaging/api/message-resource).
const VALIDITY: RangeInclusive<u64> = 1..=36_000;

/// For how many seconds a call rings, short of most mailboxes; Twilio may add five
/// (twilio.com/docs/voice/api/call-resource).
const RINGING: &str = "15";

/// The fields of a request.
pub(crate) type Form = Vec<(&'static str, String)>;

/// The fields that say whom a message goes to, from whom, and its content.
pub(crate) fn form(
    sender: &Sender,
    (text, call): (&SmsText, &CallText),
    envelope: &Envelope,
) -> Result<Form, SendError> {
    let to = envelope.recipient.as_str();
    match sender {
        Sender::From(from) => sms(("From", from), text, envelope),
        Sender::MessagingService(sid) => sms(("MessagingServiceSid", sid), text, envelope),
        Sender::WhatsApp { from, content_sids } => {
            let template = content_sids.get(&envelope.locale).or_else(|| content_sids.get(&Locale::En));
            let mut form = vec![
                ("To", format!("whatsapp:{to}")),
                ("From", format!("whatsapp:{from}")),
                ("ContentSid", template.cloned().unwrap_or_default()),
                ("ContentVariables", json!({ "1": code(envelope)? }).to_string()),
            ];
            form.extend(validity(&envelope.body));
            Ok(form)
        }
        Sender::Caller(from) => Ok(vec![
            ("To", to.to_owned()),
            ("From", from.clone()),
            ("Timeout", RINGING.to_owned()),
            ("Twiml", twiml(envelope.locale, &call.render(envelope).ok_or(TwilioError::NotACode)?)),
        ]),
    }
}

fn sms((field, sender): (&'static str, &str), text: &SmsText, envelope: &Envelope) -> Result<Form, SendError> {
    let body = text.render(envelope).map_err(SendError::failed)?;
    let mut form = vec![("To", envelope.recipient.as_str().to_owned()), (field, sender.to_owned()), ("Body", body)];
    form.extend(validity(&envelope.body));
    Ok(form)
}

fn code(envelope: &Envelope) -> Result<&str, TwilioError> {
    match &envelope.body {
        Body::Code { code, .. } => Ok(code.reveal()),
        Body::Notice { .. } => Err(TwilioError::NotACode),
    }
}

/// For how many seconds Twilio may hold the message back: a code is worth nothing once it has ended.
fn validity(body: &Body) -> Option<(&'static str, String)> {
    match body {
        Body::Code { remaining, .. } => {
            let seconds = remaining.as_secs().clamp(*VALIDITY.start(), *VALIDITY.end());
            Some(("ValidityPeriod", seconds.to_string()))
        }
        Body::Notice { .. } => None,
    }
}
