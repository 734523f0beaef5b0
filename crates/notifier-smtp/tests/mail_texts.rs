//! The text of every mail, in every language.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use doorward_kernel::{EmailAddress, Locale, MessageId, Secret, Timestamp};
use doorward_notifier::{Body, CodeTemplate, Envelope, NoticeTemplate, Plural, Recipient};
use doorward_notifier_smtp::{
    MailContext,
    render::{self, Mail},
};
use uuid::Uuid;

const CODE: &str = "012345";
const UNDO: &str = "un_BwcHBwcHBwcHBwcHBwcHB2gHKk8DDtl9foAiHzviEcE";

fn context() -> MailContext {
    MailContext::new("Doorward", "auth.example.com")
}

fn rendered(locale: Locale, body: Body) -> Mail {
    rendered_with(&context(), locale, body)
}

fn rendered_with(context: &MailContext, locale: Locale, body: Body) -> Mail {
    let envelope = Envelope {
        id: MessageId::from_uuid(Uuid::nil()),
        recipient: Recipient::Email(EmailAddress::parse("ada@example.com").unwrap()),
        locale,
        body,
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
        report_token: "token".to_owned(),
    };
    render::mail(&envelope, context).unwrap()
}

fn code(template: CodeTemplate, seconds: u64) -> Body {
    Body::Code { template, code: Secret::new(CODE.to_owned()), remaining: Duration::from_secs(seconds) }
}

fn notice(template: NoticeTemplate, detail: Option<&str>) -> Body {
    Body::Notice { template, detail: detail.map(str::to_owned), undo: None }
}

fn undoable(template: NoticeTemplate) -> Body {
    Body::Notice { template, detail: None, undo: Some(Secret::new(UNDO.to_owned())) }
}

fn every_body() -> Vec<Body> {
    let codes = CodeTemplate::ALL.iter().map(|template| code(*template, 600));
    let notices = NoticeTemplate::ALL
        .iter()
        .flat_map(|template| [notice(*template, None), notice(*template, Some("a***@example.com"))]);
    codes.chain(notices).chain([NoticeTemplate::EmailChanged, NoticeTemplate::PhoneChanged].map(undoable)).collect()
}

#[test]
fn a_code_mail_reads_well() {
    let mail = rendered(Locale::En, code(CodeTemplate::Register, 599));

    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.text), @r"
    012345 is your Doorward code to confirm your address

    Confirm your e-mail address

    Enter this code to confirm your address:

        012345

    It is good for 10 minutes. Never share it, not even with us: we will not ask for it.

    If you did not sign up at Doorward, somebody may have typed your address by mistake. You need not do anything: without the code there will be no account.

    -- 
    Doorward at auth.example.com sent this mail by itself; nobody reads replies.
    ");
}

#[test]
fn an_operator_has_templates_and_a_color_of_their_own() {
    let own = [
        ("en/code.login", r#"{% extends "en/code" %}{% block heading %}Welcome back{% endblock %}"#),
        (
            "en/code",
            "{% extends layout %}{% block subject %}{{ code }}{% endblock %}{% block lead %}Type:{% endblock %}",
        ),
    ];
    let own = BTreeMap::from(own.map(|(name, source)| (name.to_owned(), source.to_owned())));
    let mut context = context().with_templates(own).unwrap();
    context.accent = Some("#0a7d5a".to_owned());

    let mail = rendered_with(&context, Locale::En, code(CodeTemplate::Login, 600));
    assert_eq!(mail.subject, CODE);
    assert!(mail.text.starts_with("Welcome back\n\nType:\n\n    012345\n"), "{}", mail.text);
    assert!(mail.html.contains("border-top:4px solid #0a7d5a"), "{}", mail.html);
    let others = rendered_with(&context, Locale::De, code(CodeTemplate::Login, 600));
    assert_eq!(others.text, rendered(Locale::De, code(CodeTemplate::Login, 600)).text);
}

#[test]
fn a_notice_reads_well_in_german() {
    let mail = rendered(Locale::De, notice(NoticeTemplate::EmailChangeAsked, Some("n***@example.com")));

    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.text), @r"
    Doorward: Eine Änderung Ihrer E-Mail-Adresse wurde verlangt

    Eine Änderung Ihrer E-Mail-Adresse wurde verlangt

    Jemand, der in Ihrem Konto angemeldet ist, möchte die E-Mail-Adresse ändern, und zwar in n***@example.com. Bis die neue Adresse bestätigt ist, gilt diese weiter.

    Wenn Sie das nicht waren, melden Sie sich an, ändern Sie sofort Ihr Passwort, beenden Sie alle anderen Sitzungen und wenden Sie sich an die Betreiber von auth.example.com.

    -- 
    Diese E-Mail hat Doorward auf auth.example.com automatisch verschickt, weil es um die Sicherheit Ihres Kontos geht; Antworten liest niemand.
    ");
}

#[test]
fn a_notice_that_can_be_undone_carries_the_key() {
    let mail = rendered(Locale::En, undoable(NoticeTemplate::EmailChanged));

    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.text), @r"
    Doorward: Your e-mail address was changed

    Your e-mail address was changed

    The e-mail address of your account was changed.

    If this was not you, take the change back within 72 hours: send this key to auth.example.com (POST /undo_change), or ask those who run it to do so. Every session ends then. Give the key to nobody else.

        un_BwcHBwcHBwcHBwcHBwcHB2gHKk8DDtl9foAiHzviEcE

    If this was not you, tell those who run auth.example.com at once: somebody else may be using your account.

    -- 
    Doorward at auth.example.com sent this mail by itself, because it concerns the safety of your account; nobody reads replies.
    ");
    assert!(!mail.subject.contains("un_") && mail.html.contains(&format!(">{UNDO}<")));
}

#[test]
fn the_html_of_a_mail_shows_the_words_of_its_text() {
    for &locale in Locale::ALL {
        for body in every_body() {
            let mail = rendered(locale, body);

            for paragraph in mail.text.lines().map(str::trim).filter(|line| !matches!(*line, "" | "--")) {
                assert!(mail.html.contains(&format!(">{paragraph}<")), "{paragraph} in {}", mail.html);
            }
        }
    }
}

#[test]
fn a_code_mail_says_the_code_the_service_and_how_long_it_is_good() {
    for &locale in Locale::ALL {
        for template in CodeTemplate::ALL {
            let mail = rendered(locale, code(*template, 541));

            assert!(mail.subject.contains(CODE) && mail.subject.contains("Doorward"), "{}", mail.subject);
            for part in [&mail.text, &mail.html] {
                assert!(part.contains(CODE) && part.contains("10"), "{part}");
            }
        }
    }
}

#[test]
fn the_last_minute_is_a_minute_in_the_singular() {
    let mail = rendered(Locale::En, code(CodeTemplate::Login, 30));

    assert!(mail.text.contains("good for 1 minute."), "{}", mail.text);
}

/// The words about the life of a code, without the number in them.
fn life(locale: Locale, minutes: u64) -> String {
    let mail = rendered(locale, code(CodeTemplate::Login, minutes * 60));
    let lines = mail.text.lines().filter(|line| !line.contains(CODE));
    let said: Vec<_> = lines.filter(|line| line.contains(&minutes.to_string())).collect();
    assert_eq!(said.len(), 1, "{}", mail.text);
    said.concat().replace(&minutes.to_string(), "#")
}

#[test]
fn the_word_for_minutes_follows_their_number() {
    for &locale in Locale::ALL {
        for [one, other] in [1, 2, 5, 11, 21, 22].into_iter().flat_map(|one| [[one, 1], [one, 2], [one, 5]]) {
            let is_same = Plural::of(locale, one) == Plural::of(locale, other) || has_one_form(locale);

            assert_eq!(life(locale, one) == life(locale, other), is_same, "{locale:?} {one} {other}");
        }
    }
}

fn has_one_form(locale: Locale) -> bool {
    matches!(locale.as_str(), "tr" | "hi" | "ja" | "zh")
}

#[test]
fn the_code_is_the_only_run_of_six_digits() {
    for &locale in Locale::ALL {
        for body in every_body() {
            let is_code = matches!(body, Body::Code { .. });
            let mail = rendered(locale, body);

            for part in [mail.subject, mail.text, mail.html] {
                let runs = part.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 6);
                assert!(runs.clone().all(|run| run == CODE) && (runs.count() > 0) == is_code, "{part}");
            }
        }
    }
}

#[test]
fn every_mail_has_all_its_parts_and_loads_nothing() {
    for &locale in Locale::ALL {
        for body in every_body() {
            let mail = rendered(locale, body);

            assert_eq!(mail.subject.lines().count(), 1, "{}", mail.subject);
            assert!(mail.html.contains(&format!("<html lang=\"{}\">", locale.as_str())));
            for (forbidden, part) in ["://", "<img", "<link", "<script", "url(", "@import", "{{", "}}", "{%"]
                .iter()
                .flat_map(|word| [(word, &mail.html), (word, &mail.text)])
            {
                assert!(!part.contains(forbidden), "{forbidden} in {part}");
            }
            assert!(!mail.html.contains("></p>") && !mail.html.contains("></h1>"), "{}", mail.html);
            for gap in ["  ", "\n\n\n", " ,", " ."] {
                assert!(!mail.text.replace("\n    ", "\n").contains(gap), "{gap:?} in {}", mail.text);
            }
        }
    }
}

#[test]
fn every_language_has_words_of_its_own() {
    for body in every_body() {
        let mails: Vec<_> = Locale::ALL.iter().map(|locale| rendered(*locale, body.clone())).collect();
        let subjects: HashSet<_> = mails.iter().map(|mail| &mail.subject).collect();
        let texts: HashSet<_> = mails.iter().map(|mail| &mail.text).collect();

        assert_eq!((subjects.len(), texts.len()), (mails.len(), mails.len()), "{subjects:?}");
    }
}

#[test]
fn every_mail_can_be_read_in_the_dark() {
    let mail = rendered(Locale::En, undoable(NoticeTemplate::EmailChanged));

    assert!(mail.html.contains(r#"<meta name="color-scheme" content="light dark">"#));
    let (_, dark) = mail.html.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let (_, body) = mail.html.split_once("<body").unwrap();
    for class in ["page", "card", "key", "footer"] {
        assert!(dark.contains(&format!(".{class} {{")) && body.contains(&format!("class=\"{class}\"")), "{class}");
    }
    let coloured = body.split('<').filter(|tag| tag.contains("background:") || tag.contains("color:#"));
    assert!(coloured.clone().count() >= 4 && coloured.into_iter().all(|tag| tag.contains("class=")), "{body}");
}

#[test]
fn a_detail_is_escaped_in_html_and_never_in_the_subject() {
    let detail = "<img src=x onerror=alert(1)>";
    for &locale in Locale::ALL {
        let mail = rendered(locale, notice(NoticeTemplate::EmailChanged, Some(detail)));

        assert!(mail.html.contains("&lt;img src=x onerror=alert(1)&gt;"), "{}", mail.html);
        assert!(mail.text.contains(detail), "{}", mail.text);
        assert!(!mail.subject.contains("img"), "{}", mail.subject);
    }
}

#[test]
fn debug_shows_nothing_of_a_mail() {
    let mail = rendered(Locale::En, code(CodeTemplate::Login, 60));

    assert_eq!(format!("{mail:?}"), "[mail]");
}
