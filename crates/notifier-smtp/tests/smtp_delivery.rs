//! Real conversations with an SMTP server.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{error::Error as _, sync::Arc, time::Duration};

use doorward_kernel::{EmailAddress, Locale, MessageId, PhoneChannels, PhoneNumber, Secret, Timestamp};
use doorward_notifier::{Body, CodeTemplate, Envelope, NoticeTemplate, Notifier, Receipt, Recipient, Scope, SendError};
use doorward_notifier_smtp::{MailContext, SmtpError, SmtpNotifier, SmtpSettings, SmtpSettingsError, render};
use doorward_testkit::smtp_sink::SmtpSink;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use uuid::Uuid;

fn settings(url: &str) -> SmtpSettings {
    SmtpSettings {
        url: Secret::new(url.to_owned()),
        from: "Doorward <no-reply@auth.example.com>".into(),
        hello: None,
        timeout: SmtpSettings::TIMEOUT,
        context: MailContext::new("Doorward", "auth.example.com"),
    }
}

fn notifier(url: &str) -> SmtpNotifier {
    SmtpNotifier::new(settings(url)).unwrap()
}

fn code() -> Envelope {
    Envelope {
        id: MessageId::from_uuid(Uuid::from_u128(7)),
        recipient: Recipient::Email(EmailAddress::parse("ada@example.com").unwrap()),
        locale: Locale::En,
        body: Body::Code {
            template: CodeTemplate::Register,
            code: Secret::new("123456".into()),
            remaining: Duration::from_mins(10),
        },
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
        report_token: "token".to_owned(),
    }
}

fn smtp_error(error: &SendError) -> &SmtpError {
    error.source().and_then(|source| source.downcast_ref()).expect("the source is ours")
}

#[tokio::test]
async fn a_code_arrives_as_text_and_html() {
    let sink = SmtpSink::start().await;

    let receipt = notifier(&sink.url()).send(&code()).await.unwrap();

    let [mail] = <[_; 1]>::try_from(sink.mails()).unwrap();
    assert_eq!(receipt, Receipt { reference: mail.header("Message-ID") });
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("no-reply@auth.example.com", &["ada@example.com".into()][..])
    );
    assert_eq!(mail.subject, "123456 is your Doorward code to confirm your address");
    assert_eq!(mail.code().as_deref(), Some("123456"));
    assert!(mail.html.contains("123456"), "{}", mail.html);
}

#[tokio::test]
async fn the_headers_name_the_message_and_keep_responders_quiet() {
    let sink = SmtpSink::start().await;

    notifier(&sink.url()).send(&code()).await.unwrap();

    let mail = &sink.mails()[0];
    for (name, value) in [
        ("Message-ID", "<00000000-0000-0000-0000-000000000007@auth.example.com>"),
        ("From", "Doorward <no-reply@auth.example.com>"),
        ("To", "ada@example.com"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
    ] {
        assert_eq!(mail.header(name).as_deref(), Some(value), "{name}");
    }
    assert!(mail.header("Date").is_some());
}

#[tokio::test]
async fn german_arrives_with_its_umlauts() {
    let sink = SmtpSink::start().await;
    let body = Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None };

    notifier(&sink.url()).send(&Envelope { locale: Locale::De, body, ..code() }).await.unwrap();

    let mail = &sink.mails()[0];
    assert_eq!(mail.subject, "Doorward: Ihr Passwort wurde geändert");
    assert!(mail.text.contains("Das Passwort Ihres Kontos wurde geändert."), "{}", mail.text);
    assert!(mail.raw.is_ascii());
}

#[tokio::test]
async fn every_language_arrives_as_it_was_written() {
    let sink = SmtpSink::start().await;
    let notifier = notifier(&sink.url());
    for &locale in Locale::ALL {
        let envelope = Envelope { locale, ..code() };
        let written = render::mail(&envelope, &settings(&sink.url()).context).unwrap();

        notifier.send(&envelope).await.unwrap();

        let mail = sink.mails().pop().unwrap();
        assert_eq!(mail.subject, written.subject);
        assert!(mail.text.trim_end().lines().eq(written.text.trim_end().lines()), "{}", mail.text);
        assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
        assert!(mail.raw.is_ascii() && mail.raw.lines().all(|line| line.len() <= 998), "{locale:?}");
    }
}

#[tokio::test]
async fn a_detail_cannot_add_a_header_or_a_recipient() {
    let sink = SmtpSink::start().await;
    let detail = Some("x\r\n.\r\nRCPT TO:<evil@example.com>\r\nBcc: evil@example.com".to_owned());
    let body = Body::Notice { template: NoticeTemplate::EmailChanged, detail, undo: None };

    notifier(&sink.url()).send(&Envelope { body, ..code() }).await.unwrap();

    let [mail] = <[_; 1]>::try_from(sink.mails()).unwrap();
    assert_eq!(mail.to, ["ada@example.com"]);
    assert_eq!(mail.header("Bcc"), None);
}

#[tokio::test]
async fn many_mails_go_over_one_notifier_at_a_time_and_at_once() {
    let sink = SmtpSink::start().await;
    let notifier = notifier(&sink.url());

    for _ in 0..3 {
        notifier.send(&code()).await.unwrap();
    }
    let message = code();
    let (first, second) = tokio::join!(notifier.send(&message), notifier.send(&message));

    assert!(first.is_ok() && second.is_ok());
    assert_eq!(sink.mails().len(), 5);
}

#[tokio::test]
async fn a_server_that_comes_back_gets_the_next_mail() {
    let sink = SmtpSink::start().await;
    let notifier = notifier(&sink.url());
    sink.refuse_next(1, "451 4.7.1 try later");

    let refused = notifier.send(&code()).await;
    let taken = notifier.send(&code()).await;

    assert!(matches!(refused, Err(SendError::Transient { .. })), "{refused:?}");
    assert!(taken.is_ok(), "{taken:?}");
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_given_up_in_the_middle_leaves_no_half_conversation_to_the_next() {
    let sink = SmtpSink::start().await;
    let notifier = notifier(&sink.url());
    notifier.send(&code()).await.unwrap();
    sink.stall_next(1);

    let message = code();
    tokio::select! {
        outcome = notifier.send(&message) => panic!("{outcome:?} came out of silence"),
        () = sink.wait_for_stall() => {}
    }
    let next = notifier.send(&message).await;

    assert!(next.is_ok(), "{next:?}");
    assert_eq!(sink.mails().len(), 2);
}

#[tokio::test]
async fn a_reply_of_the_fours_is_transient_and_an_unknown_recipient_is_never_reached() {
    let sink = SmtpSink::start().await;
    let notifier = notifier(&sink.url());
    sink.refuse_next(1, "451 4.7.1 ada@example.com try later");
    sink.refuse_next(1, "550 5.1.1 <ada@example.com> unknown");

    let transient = notifier.send(&code()).await.unwrap_err();
    let never = notifier.send(&code()).await.unwrap_err();

    assert!(matches!(transient, SendError::Transient { .. }));
    assert_eq!(smtp_error(&transient).to_string(), "the server answered 451 4.7.1 to the recipient");
    assert!(matches!(never, SendError::RecipientNever(_)));
    assert_eq!(smtp_error(&never).to_string(), "the server answered 550 5.1.1 to the recipient");
    assert!(!format!("{never:?}").contains("ada@example.com"));
}

#[tokio::test]
async fn user_and_password_of_the_url_log_in() {
    let sink = SmtpSink::start().await;
    let url = format!("smtp://ada%40example.com:p%3Ass%2B@{}", sink.address());

    notifier(&url).send(&code()).await.unwrap();

    assert_eq!(sink.mails()[0].credentials.as_deref(), Some("ada@example.com:p:ss+"));
}

#[tokio::test]
async fn a_server_that_closes_is_unavailable() {
    let sink = SmtpSink::start().await;
    sink.refuse_next(1, "421 4.3.2 closing");

    let error = notifier(&sink.url()).send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_takes_nothing_of_ours_cannot_and_may_later() {
    for (verb, reply) in [
        ("EHLO", "550 5.7.1 who are you"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("MAIL", "550 5.7.1 not your address"),
        ("MAIL", "553 5.1.8 no such sender"),
    ] {
        let sink = SmtpSink::start().await;
        let notifier = notifier(&format!("smtp://user:password@{}", sink.address()));
        sink.refuse_next_at(verb, 1, reply);

        let error = notifier.send(&code()).await.unwrap_err();

        let is_of_all = matches!(error, SendError::ProviderCannot { scope: Scope::Everyone, .. });
        assert!(is_of_all, "{verb} {reply}: {error:?}");
        assert!(notifier.send(&code()).await.is_ok(), "{verb} {reply}");
        assert_eq!(sink.mails().len(), 1, "{verb} {reply}");
    }
}

#[tokio::test]
async fn a_server_that_offers_no_starttls_or_no_auth_cannot() {
    let sink = SmtpSink::start().await;
    sink.refuse_next_at("EHLO", 2, "250 sink");
    for url in [format!("smtp://{}?tls=required", sink.address()), format!("smtp://user:password@{}", sink.address())] {
        let error = notifier(&url).send(&code()).await.unwrap_err();

        let is_of_all = matches!(error, SendError::ProviderCannot { scope: Scope::Everyone, .. });
        assert!(is_of_all, "{url}: {error:?}");
    }
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn what_is_said_of_one_mail_stops_no_other() {
    for reply in ["550 5.7.0 rate exceeded", "554 5.7.1 relay access denied", "550 5.4.1 access denied", "554 no"] {
        let sink = SmtpSink::start().await;
        sink.refuse_next(1, reply);

        let error = notifier(&sink.url()).send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::Failed(_)), "{reply}: {error:?}");
    }
    let sink = SmtpSink::start().await;
    sink.refuse_next_at("DATA", 1, "554 5.7.1 no such words");

    let error = notifier(&sink.url()).send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Failed(_)), "{error:?}");
}

#[tokio::test]
async fn the_client_calls_itself_by_the_domain_of_the_sender_unless_it_is_told() {
    let sink = SmtpSink::start().await;
    let told = SmtpSettings { hello: Some("relay.example.com".into()), ..settings(&sink.url()) };

    notifier(&sink.url()).send(&code()).await.unwrap();
    SmtpNotifier::new(told).unwrap().send(&code()).await.unwrap();

    let names: Vec<_> = sink.mails().into_iter().map(|mail| mail.hello).collect();
    assert_eq!(names, ["auth.example.com", "relay.example.com"]);
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);

    let error = notifier(&url).send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
    assert!(matches!(smtp_error(&error), SmtpError::Connection(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_within_the_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let notifier = SmtpNotifier::new(SmtpSettings { timeout: Duration::from_millis(50), ..settings(&url) }).unwrap();

    let error = notifier.send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
    assert!(matches!(smtp_error(&error), SmtpError::TimedOut), "{error:?}");
}

#[tokio::test]
async fn no_more_than_sixteen_connections_are_open_at_a_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let notifier = Arc::new(notifier(&format!("smtp://{}", listener.local_addr().unwrap())));
    let mut sending = JoinSet::new();
    for _ in 0..17 {
        let notifier = notifier.clone();
        sending.spawn(async move { notifier.send(&code()).await });
    }
    let mut held = Vec::new();
    while held.len() < 16 {
        held.push(listener.accept().await.unwrap());
    }
    assert!(timeout(Duration::from_millis(200), listener.accept()).await.is_err(), "a seventeenth connection");

    held.pop();

    listener.accept().await.unwrap();
}

#[tokio::test]
async fn mails_that_get_no_connection_in_time_say_like_the_others_that_the_server_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let patient =
        Arc::new(SmtpNotifier::new(SmtpSettings { timeout: Duration::from_millis(300), ..settings(&url) }).unwrap());
    let mut sending = JoinSet::new();
    for _ in 0..40 {
        let notifier = patient.clone();
        sending.spawn(async move { notifier.send(&code()).await.unwrap_err() });
    }

    let errors = sending.join_all().await;

    assert!(errors.iter().all(|error| matches!(error, SendError::Unavailable(_))), "{errors:?}");
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_where_tls_is_asked_for() {
    let sink = SmtpSink::start().await;

    let error = notifier(&format!("smtps://{}", sink.address())).send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
    assert!(sink.mails().is_empty());
}

#[tokio::test]
async fn a_telephone_is_no_mailbox() {
    let recipient = Recipient::Phone(PhoneNumber::parse("+14155552671", None).unwrap(), PhoneChannels::SMS);

    let error = notifier("smtp://127.0.0.1:1").send(&Envelope { recipient, ..code() }).await.unwrap_err();

    assert!(matches!(error, SendError::RecipientNever(_)), "{error:?}");
}

#[test]
fn settings_that_could_not_work_are_refused_at_once() {
    let url = "smtp://127.0.0.1";
    let context = MailContext::new("Door\r\nBcc: x", "auth.example.com");

    let sender = SmtpNotifier::new(SmtpSettings { from: "nobody".into(), ..settings(url) });
    let name = SmtpNotifier::new(SmtpSettings { context, ..settings(url) });

    assert!(matches!(sender, Err(SmtpSettingsError::From(_))));
    assert!(matches!(name, Err(SmtpSettingsError::ServiceName)));
}

#[test]
fn debug_shows_no_password() {
    let settings = settings("smtps://ada:hunter2@mail.example.com");

    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{:?}", SmtpNotifier::new(settings).unwrap()).contains("hunter2"));
}
