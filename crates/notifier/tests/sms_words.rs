//! The words of every SMS, in every language.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use doorward_kernel::{Locale, MessageId, PhoneChannels, PhoneNumber, Secret, Timestamp};
use doorward_notifier::{Body, CodeTemplate, Envelope, NoticeTemplate, Recipient, gsm7, sms::SmsText};

const CODES: [&str; 3] = ["012345", "0123456", "01234567"];
const HASH: &str = "FA+9qCX9VSu";

fn envelope(locale: Locale, body: Body) -> Envelope {
    Envelope {
        id: MessageId::from_bytes([0; 16]),
        recipient: Recipient::Phone(PhoneNumber::parse("+14155552671", None).unwrap(), PhoneChannels::SMS),
        locale,
        body,
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
        report_token: "token".to_owned(),
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
fn an_operator_words_the_sentences_and_not_the_last_line() {
    let own = [
        ("en/code.login", "{{ service }}: {{code}} logs you in for {{ minutes }} min.\n"),
        ("en/notice.password_changed", "New password at {{ host }}."),
    ];
    let own = BTreeMap::from(own.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let text = text("auth.example.com").with_sentences("Acme", &own).unwrap();
    let rendered = |locale, body| text.render(&envelope(locale, body)).unwrap();

    let login = rendered(Locale::En, code(CodeTemplate::Login, "012345", 299));
    assert_eq!(login, "Acme: 012345 logs you in for 5 min.\n\n@auth.example.com #012345");
    let notice = Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None };
    assert_eq!(rendered(Locale::En, notice), "New password at auth.example.com.");
    let others = rendered(Locale::De, code(CodeTemplate::Login, "012345", 299));
    assert!(others.contains("Ihr Code zum Anmelden"), "{others}");
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

/// Whether the script of the language is written in GSM-7.
fn is_gsm7(locale: Locale) -> bool {
    !matches!(locale.as_str(), "ru" | "uk" | "hi" | "ja" | "zh")
}

/// The room that a text takes of a segment, in septets or in UTF-16 units, and all of it.
fn room(sms: &str) -> (usize, usize) {
    gsm7::septets(sms).map_or((sms.encode_utf16().count(), 70), |septets| (septets, gsm7::SEGMENT))
}

fn assert_one_segment(locale: Locale, sms: &str) {
    let (taken, segment) = room(sms);
    assert!(taken <= segment, "{taken} of {segment}: {sms}");
    assert!(segment == gsm7::SEGMENT || !is_gsm7(locale), "{locale:?}: {sms}");
}

fn every_notice() -> impl Iterator<Item = Body> {
    let detail = || Some("https://evil.example".to_owned());
    NoticeTemplate::ALL.iter().map(move |template| Body::Notice { template: *template, detail: detail(), undo: None })
}

#[test]
fn every_code_fits_one_segment_and_ends_in_the_line_that_binds_it() {
    for host in hosts() {
        for text in texts(&host) {
            for (&locale, template) in pairs(Locale::ALL, CodeTemplate::ALL) {
                for digits in CODES {
                    let sms = text.render(&envelope(locale, code(*template, digits, 600))).unwrap();

                    assert_one_segment(locale, &sms);
                    assert_eq!(sms.lines().last().unwrap(), format!("@{host} #{digits}"));
                    assert!(sms.starts_with(digits), "{sms}");
                    assert!(!sms.contains("://"), "{sms}");
                }
            }
        }
    }
}

fn pairs<'a, A, B>(left: &'a [A], right: &'a [B]) -> impl Iterator<Item = (&'a A, &'a B)> {
    left.iter().flat_map(move |one| right.iter().map(move |other| (one, other)))
}

#[test]
fn every_code_says_what_it_is_for_and_to_share_it_with_nobody() {
    for text in hosts().map(|host| text(&host)) {
        for &locale in Locale::ALL {
            let texts = CodeTemplate::ALL
                .iter()
                .map(|template| text.render(&envelope(locale, code(*template, "01234567", 600))).unwrap());
            let mut texts: Vec<_> = texts.collect();

            let warns = |text: &String| [warning(locale), warning(Locale::En)].iter().any(|words| text.contains(words));
            assert!(texts.iter().all(warns), "{texts:?}");
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), CodeTemplate::ALL.len(), "{texts:?}");
        }
    }
}

fn warning(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "Never share it",
        Locale::De => "Niemandem weitergeben",
        Locale::Fr => "à personne",
        Locale::Es => "No lo comparta",
        Locale::Pt => "compartilhe com ninguém",
        Locale::It => "Non lo comunichi",
        Locale::Pl => "Nikomu go nie podawaj",
        Locale::Tr => "Kimseyle paylasmayin",
        Locale::Ru => "ообщайте",
        Locale::Uk => "ажіть",
        Locale::Hi => "किसी को न बताएँ",
        Locale::Ja => "他人に教えないでください",
        Locale::Zh => "请勿告诉他人",
    }
}

#[test]
fn a_usual_host_leaves_room_for_every_code_and_notice_in_its_own_language() {
    let text = text("auth.example.com");
    for digits in CODES {
        for (&locale, template) in pairs(Locale::ALL, CodeTemplate::ALL) {
            let sms = text.render(&envelope(locale, code(*template, digits, 600))).unwrap();

            assert!(sms.contains(warning(locale)), "{sms}");
        }
    }
    for body in every_notice() {
        let texts: HashSet<_> =
            Locale::ALL.iter().map(|locale| text.render(&envelope(*locale, body.clone())).unwrap()).collect();

        assert_eq!(texts.len(), Locale::ALL.len(), "{texts:?}");
        assert!(texts.iter().all(|sms| sms.starts_with("auth.example.com: ")), "{texts:?}");
    }
}

#[test]
fn a_host_that_leaves_no_room_for_a_language_gets_english() {
    let text = text(&"h".repeat(60));
    for &locale in Locale::ALL.iter().filter(|locale| !is_gsm7(**locale)) {
        let body = code(CodeTemplate::Login, "012345", 600);

        assert_eq!(text.render(&envelope(locale, body.clone())), text.render(&envelope(Locale::En, body)));
    }
}

#[test]
fn the_longest_texts_of_each_language_leave_this_much_room() {
    let text = text("auth.example.com");
    let longest = |locale, bodies: Vec<Body>| {
        let rooms = bodies.into_iter().map(|body| room(&text.render(&envelope(locale, body)).unwrap()));
        rooms.max().map_or(String::new(), |(taken, segment)| format!("{taken}/{segment}"))
    };
    let lines = Locale::ALL.iter().map(|locale| {
        let codes = CodeTemplate::ALL.iter().map(|template| code(*template, "012345", 600)).collect();
        format!("{} {} {}", locale.as_str(), longest(*locale, codes), longest(*locale, every_notice().collect()))
    });

    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    en 120/160 113/160
    de 124/160 125/160
    fr 143/160 155/160
    es 135/160 141/160
    pt 134/160 133/160
    it 127/160 127/160
    pl 121/160 115/160
    tr 126/160 136/160
    ru 66/70 70/70
    uk 70/70 70/70
    hi 69/70 64/70
    ja 69/70 70/70
    zh 64/70 56/70
    ");
}

#[test]
fn a_usual_host_leaves_room_to_say_how_long_the_code_is_good() {
    for (locale, minutes) in [
        (Locale::En, "5 minutes"),
        (Locale::De, "5 Minuten"),
        (Locale::Fr, "5 minutes"),
        (Locale::Es, "5 minutos"),
        (Locale::Pt, "5 minutos"),
        (Locale::It, "5 minuti"),
        (Locale::Pl, "5 minut"),
        (Locale::Tr, "5 dakika"),
        (Locale::Ja, "5分"),
        (Locale::Zh, "5 分"),
    ] {
        let sms = text("accounts.example.com").render(&envelope(locale, code(CodeTemplate::Login, "01234567", 241)));

        assert!(sms.as_ref().unwrap().contains(minutes), "{sms:?}");
    }
}

#[test]
fn every_notice_fits_one_segment_and_repeats_nothing_that_was_typed() {
    for text in hosts().map(|host| text(&host)) {
        for &locale in Locale::ALL {
            for body in every_notice() {
                let sms = text.render(&envelope(locale, body)).unwrap();

                assert_one_segment(locale, &sms);
                assert!(!sms.contains("evil"), "{sms}");
            }
        }
    }
}
