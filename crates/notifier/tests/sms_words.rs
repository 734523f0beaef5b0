//! The words of every SMS, in every language.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use doorward_kernel::{Locale, MessageId, PhoneNumber, Secret, Timestamp};
use doorward_notifier::{Body, CodeTemplate, Envelope, NoticeTemplate, Recipient, gsm7, sms::SmsText};

const CODES: [&str; 3] = ["012345", "0123456", "01234567"];
const HASH: &str = "FA+9qCX9VSu";

fn envelope(locale: Locale, body: Body) -> Envelope {
    Envelope {
        id: MessageId::from_bytes([0; 16]),
        recipient: Recipient::Phone(PhoneNumber::parse("+14155552671", None).unwrap()),
        locale,
        body,
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
    }
}

fn code(template: CodeTemplate, code: &str, seconds: u64) -> Body {
    Body::Code { template, code: Secret::new(code.to_owned()), remaining: Duration::from_secs(seconds) }
}

fn text(host: &str) -> SmsText {
    SmsText::new(host, None).unwrap()
}

/// Texts for that host, with the hash of an app and without.
fn texts(host: &str) -> [SmsText; 2] {
    [text(host), SmsText::new(host, Some(HASH.to_owned())).unwrap()]
}

fn hosts() -> impl Iterator<Item = String> {
    (1..=60).map(|length| "h".repeat(length)).chain(["localhost".into(), "auth.example.com".into()])
}

#[test]
fn a_login_code_reads_well() {
    let sms = text("auth.example.com").render(&envelope(Locale::En, code(CodeTemplate::Login, "012345", 299)));

    insta::assert_snapshot!(sms.unwrap(), @r"
    012345 is your code to log in. It is good for 5 minutes. Never share it.

    @auth.example.com #012345
    ");
}

#[test]
fn a_login_code_reads_well_in_german() {
    let sms = text("auth.example.com").render(&envelope(Locale::De, code(CodeTemplate::Login, "012345", 30)));

    insta::assert_snapshot!(sms.unwrap(), @r"
    012345 ist Ihr Code zum Anmelden. Er gilt 1 Minute. Niemandem weitergeben!

    @auth.example.com #012345
    ");
}

#[test]
fn an_app_is_named_in_the_line_before_the_last() {
    let text = SmsText::new("auth.example.com", Some(HASH.to_owned())).unwrap();

    let sms = text.render(&envelope(Locale::En, code(CodeTemplate::Login, "012345", 299)));

    insta::assert_snapshot!(sms.unwrap(), @r"
    012345 is your code to log in. It is good for 5 minutes. Never share it.

    FA+9qCX9VSu
    @auth.example.com #012345
    ");
}

#[test]
fn every_code_fits_one_segment_and_ends_in_the_line_that_binds_it() {
    for host in hosts() {
        for (locale, text) in Locale::ALL.into_iter().flat_map(|locale| texts(&host).map(|text| (locale, text))) {
            for template in CodeTemplate::ALL {
                for digits in CODES {
                    let sms = text.render(&envelope(locale, code(*template, digits, 600))).unwrap();

                    assert!(gsm7::septets(&sms).unwrap() <= gsm7::SEGMENT, "{sms}");
                    assert_eq!(sms.lines().last().unwrap(), format!("@{host} #{digits}"));
                    assert!(sms.starts_with(digits), "{sms}");
                    assert!(!sms.contains("://"), "{sms}");
                }
            }
        }
    }
}

#[test]
fn every_code_says_what_it_is_for_and_to_share_it_with_nobody() {
    for host in hosts() {
        for (locale, warning) in [(Locale::En, "Never share it"), (Locale::De, "Niemandem weitergeben")] {
            let texts = CodeTemplate::ALL
                .iter()
                .map(|template| text(&host).render(&envelope(locale, code(*template, "01234567", 600))).unwrap());
            let mut texts: Vec<_> = texts.collect();

            assert!(texts.iter().all(|text| text.contains(warning)), "{texts:?}");
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), CodeTemplate::ALL.len(), "{texts:?}");
        }
    }
}

#[test]
fn a_usual_host_leaves_room_to_say_how_long_the_code_is_good() {
    for (locale, minutes) in [(Locale::En, "5 minutes"), (Locale::De, "5 Minuten")] {
        let sms = text("accounts.example.com").render(&envelope(locale, code(CodeTemplate::Login, "01234567", 241)));

        assert!(sms.as_ref().unwrap().contains(minutes), "{sms:?}");
    }
}

#[test]
fn every_notice_fits_one_segment_and_repeats_nothing_that_was_typed() {
    for host in hosts() {
        for locale in Locale::ALL {
            for template in NoticeTemplate::ALL {
                let body =
                    Body::Notice { template: *template, detail: Some("https://evil.example".into()), undo: None };

                let sms = text(&host).render(&envelope(locale, body)).unwrap();

                assert!(gsm7::septets(&sms).unwrap() <= gsm7::SEGMENT, "{sms}");
                assert!(!sms.contains("evil"), "{sms}");
            }
        }
    }
}
