//! Real requests to a stand-in for a gateway.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_kernel::{EmailAddress, Locale, MessageId, PhoneChannel, PhoneChannels, PhoneNumber, Secret};
use doorward_notifier::{
    Body, CodeTemplate, Envelope, NoticeTemplate, Notifier, Receipt, Recipient, Scope, SendError, sms::SmsText,
    voice::CallText,
};
use doorward_notifier_http::{HttpNotifier, HttpSettings, HttpSettingsError, WebhookSecret};
use doorward_testkit::{
    fakes::FixedClock,
    fixtures,
    twilio_stub::{Answer, TwilioStub},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn settings(url: &str) -> HttpSettings {
    HttpSettings {
        url: Url::parse(url).unwrap(),
        secret: WebhookSecret::parse(&format!("whsec_{SECRET}")).unwrap(),
        channel: PhoneChannel::Sms,
        timeout: Duration::from_secs(10),
        text: SmsText::new("auth.example.com", None).unwrap(),
        call: CallText::new("Acme"),
        clock: Arc::new(FixedClock::at(fixtures::now())),
    }
}

fn notifier(stub: &TwilioStub) -> HttpNotifier {
    HttpNotifier::new(settings(&format!("{}/send", stub.base_url()))).unwrap()
}

fn code() -> Envelope {
    Envelope {
        id: MessageId::from_bytes([7; 16]),
        recipient: Recipient::Phone(PhoneNumber::parse("+14155552671", None).unwrap(), PhoneChannels::SMS),
        locale: Locale::En,
        body: Body::Code {
            template: CodeTemplate::Login,
            code: Secret::new("123456".into()),
            remaining: Duration::from_mins(5),
        },
        expires_at: fixtures::now() + Duration::from_mins(5),
        report_token: "token".to_owned(),
    }
}

#[tokio::test]
async fn a_code_is_posted_with_its_text() {
    let stub = TwilioStub::start().await;

    notifier(&stub).send(&code()).await.unwrap();

    let request = &stub.requests()[0];
    assert_eq!(request.path, "/send");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(
        serde_json::from_str::<Value>(&request.content).unwrap(),
        json!({
            "id": code().id.to_string(),
            "channel": "sms",
            "to": "+14155552671",
            "locale": "en",
            "purpose": "login",
            "code": "123456",
            "text": "123456 is your code to log in. It is good for 5 minutes. Never share it.\n\n@auth.example.com #123456",
            "expires_at": code().expires_at.to_string(),
        })
    );
}

#[tokio::test]
async fn the_gateway_is_told_the_channel_and_what_a_call_says() {
    let stub = TwilioStub::start().await;
    for (channel, said) in [
        (PhoneChannel::WhatsApp, SmsText::new("auth.example.com", None).unwrap().render(&code()).unwrap()),
        (
            PhoneChannel::Voice,
            "This is Acme. Your code to log in is 1 2 3 4 5 6. This is Acme. Your code to log in is 1 2 3 4 5 6."
                .to_owned(),
        ),
    ] {
        let settings = HttpSettings { channel, ..settings(&stub.base_url()) };

        HttpNotifier::new(settings).unwrap().send(&code()).await.unwrap();

        let sent: Value = serde_json::from_str(&stub.requests().last().unwrap().content).unwrap();
        assert_eq!((&sent["channel"], &sent["text"]), (&json!(channel.as_str()), &json!(said)));
    }
}

#[tokio::test]
async fn a_notice_has_no_code() {
    let stub = TwilioStub::start().await;
    let body = Body::Notice { template: NoticeTemplate::PhoneDropped, detail: None, undo: None };

    notifier(&stub).send(&Envelope { body, ..code() }).await.unwrap();

    let sent: Value = serde_json::from_str(&stub.requests()[0].content).unwrap();
    assert_eq!((&sent["purpose"], &sent["code"]), (&json!("notice.phone_dropped"), &Value::Null));
}

#[tokio::test]
async fn the_request_is_signed_as_standard_webhooks_are() {
    let stub = TwilioStub::start().await;

    notifier(&stub).send(&code()).await.unwrap();

    let request = &stub.requests()[0];
    let (id, at) = (&request.headers["webhook-id"], &request.headers["webhook-timestamp"]);
    assert_eq!(id, &code().id.to_string());
    assert_eq!(at.parse::<i64>().unwrap(), fixtures::now().as_micros() / 1_000_000);
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(SECRET).unwrap()).unwrap();
    mac.update(format!("{id}.{at}.{}", request.content).as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(request.headers["webhook-signature"], expected);
}

#[tokio::test]
async fn a_message_that_was_taken_may_have_a_reference() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(&stub);
    for (body, reference) in [
        (r#"{"reference":"0A0000000123ABCD1"}"#.to_owned(), Some("0A0000000123ABCD1".to_owned())),
        (r#"{"reference":""}"#.to_owned(), None),
        (r#"{"reference":"a\nb"}"#.to_owned(), None),
        (json!({ "reference": "x".repeat(201) }).to_string(), None),
        ("{}".to_owned(), None),
        (String::new(), None),
    ] {
        stub.answer_next([Answer { status: 202, body, ..Answer::taken() }]);

        assert_eq!(notifier.send(&code()).await.unwrap(), Receipt { reference });
    }
}

#[tokio::test]
async fn a_refusal_means_what_its_status_says() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(&stub);
    let of = async |answer: Answer| {
        stub.answer_next([answer]);
        notifier.send(&code()).await.unwrap_err()
    };

    for status in [409, 422] {
        let error = of(Answer::failure(status, 0)).await;
        assert!(matches!(error, SendError::RecipientNever(_)), "{status}: {error:?}");
    }
    for status in [401, 402, 403, 404] {
        let error = of(Answer::failure(status, 0)).await;
        assert!(matches!(error, SendError::ProviderCannot { scope: Scope::Everyone, .. }), "{status}: {error:?}");
    }
    for status in [429, 503] {
        let error = of(Answer::failure(status, 0).with_header("Retry-After", "7")).await;
        assert!(matches!(error, SendError::Transient { .. }), "{status}: {error:?}");
        assert_eq!(error.retry_after(), Duration::from_secs(7));
    }
    for status in [301, 308, 400, 500, 502] {
        let error = of(Answer::failure(status, 0).with_header("Location", "http://127.0.0.1:9/")).await;
        assert!(matches!(error, SendError::Unavailable(_)), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_is_unavailable_and_the_error_shows_no_secret() {
    let stub = TwilioStub::start().await;
    stub.answer_next([Answer::taken().after(Duration::from_mins(1))]);
    let url = format!("{}/path-of-a-secret", stub.base_url());
    let settings = HttpSettings { timeout: Duration::from_millis(50), ..settings(&url) };

    let error = HttpNotifier::new(settings).unwrap().send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
    let shown = format!("{error:?}");
    for secret in ["path-of-a-secret", SECRET, "123456", "4155552671"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_mailbox_is_no_telephone() {
    let stub = TwilioStub::start().await;
    let recipient = Recipient::Email(EmailAddress::parse("ada@example.com").unwrap());

    let error = notifier(&stub).send(&Envelope { recipient, ..code() }).await.unwrap_err();

    assert!(matches!(error, SendError::RecipientNever(_)), "{error:?}");
    assert!(stub.requests().is_empty());
}

#[test]
fn a_gateway_elsewhere_must_speak_tls() {
    for (url, is_fine) in [
        ("https://sms.example.com/send", true),
        ("http://127.0.0.1:9/send", true),
        ("http://sms.example.com/send", false),
        ("ftp://127.0.0.1/send", false),
    ] {
        let notifier = HttpNotifier::new(settings(url));

        assert_eq!(matches!(notifier, Err(HttpSettingsError::Url)), !is_fine, "{url}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let secret = settings("https://sms.example.com").secret;
    let notifier = HttpNotifier::new(settings("https://sms.example.com/hunter2")).unwrap();

    let shown = format!("{notifier:?} {secret:?}");

    let bytes = format!("{:?}", STANDARD.decode(SECRET).unwrap());
    for hidden in ["hunter2", SECRET, bytes.trim_matches(['[', ']'])] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
