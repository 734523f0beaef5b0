use std::borrow::Cow;

use doorward_kernel::Locale;
use doorward_notifier::voice;

/// What a call does: it says the sentence twice, with a second to take the telephone and one to note the code
/// (twilio.com/docs/voice/twiml).
pub(crate) fn twiml(locale: Locale, sentence: &str) -> String {
    let say = format!("<Say language=\"{}\">{}</Say>", voice::language(locale), escaped(sentence));
    format!("<Response><Pause length=\"1\"/>{say}<Pause length=\"1\"/>{say}</Response>")
}

/// The text as XML takes it between tags; an operator's name may have `&`.
fn escaped(text: &str) -> Cow<'_, str> {
    if text.contains(['&', '<', '>']) {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_twice_and_is_no_markup() {
        let say = "<Say language=\"en-US\">A &amp; B &lt;3: 1 2 3.</Say>";

        assert_eq!(
            twiml(Locale::En, "A & B <3: 1 2 3."),
            format!("<Response><Pause length=\"1\"/>{say}<Pause length=\"1\"/>{say}</Response>")
        );
    }
}
