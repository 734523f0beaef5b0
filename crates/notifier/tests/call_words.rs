//! The words of calls, ours and an operator's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, time::Duration};

use doorward_kernel::{Locale, MessageId, PhoneChannel, PhoneChannels, PhoneNumber, Secret, Timestamp};
use doorward_notifier::{Body, CodeTemplate, Envelope, NoticeTemplate, Recipient, voice::CallText};

fn envelope(locale: Locale, body: Body) -> Envelope {
    let voice = PhoneChannels::Only(PhoneChannel::Voice);
    Envelope {
        id: MessageId::from_bytes([0; 16]),
        recipient: Recipient::Phone(PhoneNumber::parse("+14155552671", None).unwrap(), voice),
        locale,
        body,
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
        report_token: "token".to_owned(),
    }
}

fn code() -> Body {
    let code = Secret::new("042137".to_owned());
    Body::Code { template: CodeTemplate::Login, code, remaining: Duration::from_secs(299) }
}

#[test]
fn a_call_says_who_calls_what_for_and_the_digits_one_by_one() {
    let said = |locale| CallText::new("Acme").render(&envelope(locale, code())).unwrap();

    assert_eq!(said(Locale::En), "This is Acme. Your code to log in is 0 4 2 1 3 7.");
    assert_eq!(said(Locale::De), "Hier ist Acme. Ihr Code zum Anmelden lautet 0 4 2 1 3 7.");
}

#[test]
fn an_operator_words_what_a_call_says() {
    let own = "{{ service }} at {{ host }}: {{ code }}, for {{ minutes }} minutes.\n".to_owned();
    let text = CallText::new("Acme").with_sentences("acme.example", &BTreeMap::from([("en/code.login".into(), own)]));
    let said = |locale| text.clone().unwrap().render(&envelope(locale, code())).unwrap();

    assert_eq!(said(Locale::En), "Acme at acme.example: 0 4 2 1 3 7, for 5 minutes.");
    assert_eq!(said(Locale::It), "Qui Acme. Il suo codice per accedere è 0 4 2 1 3 7.");
}

#[test]
fn nobody_is_called_for_a_notice() {
    let notice = Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None };

    assert_eq!(CallText::new("Acme").render(&envelope(Locale::En, notice)), None);
}
