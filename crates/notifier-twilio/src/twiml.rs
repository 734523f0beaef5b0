use doorward_kernel::Locale;
use doorward_notifier::voice;

/// What a call does: it says the code twice, with a second to take the telephone and one to note the code
/// (twilio.com/docs/voice/twiml).
pub(crate) fn twiml(locale: Locale, code: &str) -> String {
    // Neither the sentences nor digits need escapes.
    let say = format!("<Say language=\"{}\">{}</Say>", voice::language(locale), voice::sentence(locale, code));
    format!("<Response><Pause length=\"1\"/>{say}<Pause length=\"1\"/>{say}</Response>")
}
