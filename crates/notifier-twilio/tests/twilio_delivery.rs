//! Real requests to a stand-in for Twilio.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{error::Error as _, time::Duration};

use doorward_kernel::{EmailAddress, Locale, MessageId, PhoneChannels, PhoneNumber, Secret, Timestamp};
use doorward_notifier::{
    Body, CodeTemplate, Envelope, NoticeTemplate, Notifier, Receipt, Recipient, Scope, SendError, sms::SmsText,
    voice::CallText,
};
use doorward_notifier_twilio::{
    AddressRetention, ContentRetention, Credentials, Sender, TwilioError, TwilioNotifier, TwilioSettings,
};
use doorward_testkit::twilio_stub::{Answer, TwilioStub};
use tokio::net::TcpListener;
use uuid::Uuid;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "the-token";

fn settings(base_url: String) -> TwilioSettings {
    TwilioSettings {
        account_sid: ACCOUNT.into(),
        credentials: Credentials::AuthToken(Secret::new(TOKEN.into())),
        sender: Sender::From("+15005550006".into()),
        base_url,
        timeout: TwilioSettings::TIMEOUT,
        text: SmsText::new("auth.example.com", None).unwrap(),
        call: CallText::new("Acme"),
        status_callback: None,
        content_retention: None,
        address_retention: None,
    }
}

fn notifier(base_url: String) -> TwilioNotifier {
    TwilioNotifier::new(settings(base_url)).unwrap()
}

fn code() -> Envelope {
    Envelope {
        id: MessageId::from_uuid(Uuid::from_u128(7)),
        recipient: Recipient::Phone(PhoneNumber::parse("+14155552671", None).unwrap(), PhoneChannels::SMS),
        locale: Locale::En,
        body: Body::Code {
            template: CodeTemplate::Login,
            code: Secret::new("123456".into()),
            remaining: Duration::from_mins(5),
        },
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
        report_token: "token".to_owned(),
    }
}

/// Returns Twilio's status and number from the error.
fn refusal(error: &SendError) -> (u16, Option<u32>) {
    match error.source().and_then(|source| source.downcast_ref()) {
        Some(TwilioError::Refused { status, code, .. }) => (*status, *code),
        other => panic!("{other:?} is no refusal"),
    }
}

#[tokio::test]
async fn a_code_is_posted_as_the_account() {
    let stub = TwilioStub::start().await;

    notifier(stub.base_url()).send(&code()).await.unwrap();

    let [sms] = <[_; 1]>::try_from(stub.messages()).unwrap();
    assert_eq!(sms.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(sms.auth, format!("{ACCOUNT}:{TOKEN}"));
    assert_eq!((sms.to.as_str(), sms.from.as_str()), ("+14155552671", "+15005550006"));
    assert_eq!(sms.body.lines().last(), Some("@auth.example.com #123456"));
    for field in ["StatusCallback", "ContentRetention", "AddressRetention"] {
        assert_eq!(sms.fields.get(field), None, "{field}");
    }
}

fn by(sender: Sender, stub: &TwilioStub) -> TwilioNotifier {
    let settings = settings(stub.base_url());
    TwilioNotifier::new(TwilioSettings {
        status_callback: Some("https://auth.example.com/status".into()),
        content_retention: Some(ContentRetention::Discard),
        sender,
        ..settings
    })
    .unwrap()
}

#[tokio::test]
async fn a_code_by_whatsapp_is_the_variable_of_a_template_in_the_language_of_the_reader_or_else_in_english() {
    let stub = TwilioStub::start().await;
    let content_sids = [(Locale::En, "HX1".to_owned()), (Locale::De, "HX2".to_owned())].into();
    let notifier = by(Sender::WhatsApp { from: "+15005550007".into(), content_sids }, &stub);

    for locale in [Locale::En, Locale::De, Locale::Fr] {
        notifier.send(&Envelope { locale, ..code() }).await.unwrap();
    }

    let sent = stub.messages();
    assert!(sent.iter().all(|message| message.path.ends_with("/Messages.json")));
    let templates: Vec<_> = sent.iter().map(|message| message.fields["ContentSid"].clone()).collect();
    assert_eq!(templates, ["HX1", "HX2", "HX1"]);
    let mut fields: Vec<_> = sent[0].fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            ("ContentRetention", "discard"),
            ("ContentSid", "HX1"),
            ("ContentVariables", r#"{"1":"123456"}"#),
            ("From", "whatsapp:+15005550007"),
            ("StatusCallback", "https://auth.example.com/status/token"),
            ("To", "whatsapp:+14155552671"),
            ("ValidityPeriod", "300"),
        ]
    );
}

#[tokio::test]
async fn a_call_rings_for_fifteen_seconds_and_says_the_code_twice() {
    let stub = TwilioStub::start().await;

    by(Sender::Caller("+15005550008".into()), &stub).send(&Envelope { locale: Locale::De, ..code() }).await.unwrap();

    let call = stub.messages().remove(0);
    assert_eq!(call.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Calls.json"));
    let mut fields: Vec<_> = call.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_unstable();
    let say = "<Say language=\"de-DE\">Hier ist Acme. Ihr Code zum Anmelden lautet 1 2 3 4 5 6.</Say>";
    let twiml = format!("<Response><Pause length=\"1\"/>{say}<Pause length=\"1\"/>{say}</Response>");
    assert_eq!(
        fields,
        [
            ("From", "+15005550008"),
            ("StatusCallback", "https://auth.example.com/status/token"),
            ("Timeout", "15"),
            ("To", "+14155552671"),
            ("Twiml", twiml.as_str()),
        ]
    );
}

#[tokio::test]
async fn whatsapp_and_calls_carry_no_notices() {
    let stub = TwilioStub::start().await;
    let content_sids = [(Locale::En, "HX1".to_owned())].into();
    for sender in
        [Sender::Caller("+15005550008".into()), Sender::WhatsApp { from: "+15005550007".into(), content_sids }]
    {
        let body = Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None };

        let refused = by(sender, &stub).send(&Envelope { body, ..code() }).await;

        assert!(matches!(refused, Err(SendError::RecipientNever(_))), "{refused:?}");
    }
    assert!(stub.requests().is_empty());
}

#[tokio::test]
async fn twilio_holds_a_code_no_longer_than_it_is_good() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for (remaining, expected) in [(299_999, "299"), (300_000, "300"), (999, "1"), (360_000_000, "36000")] {
        let body = Body::Code {
            template: CodeTemplate::Login,
            code: Secret::new("123456".into()),
            remaining: Duration::from_millis(remaining),
        };

        notifier.send(&Envelope { body, ..code() }).await.unwrap();

        assert_eq!(stub.messages().last().unwrap().fields["ValidityPeriod"], expected);
    }
    let body = Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None };

    notifier.send(&Envelope { body, ..code() }).await.unwrap();

    assert_eq!(stub.messages().last().unwrap().fields.get("ValidityPeriod"), None);
}

#[tokio::test]
async fn twilio_is_told_what_it_may_keep() {
    let stub = TwilioStub::start().await;
    let settings = TwilioSettings {
        content_retention: Some(ContentRetention::Discard),
        address_retention: Some(AddressRetention::Obfuscate),
        ..settings(stub.base_url())
    };

    TwilioNotifier::new(settings).unwrap().send(&code()).await.unwrap();

    let fields = &stub.messages()[0].fields;
    assert_eq!((&*fields["ContentRetention"], &*fields["AddressRetention"]), ("discard", "obfuscate"));
}

#[tokio::test]
async fn an_api_key_sends_in_place_of_the_token() {
    let stub = TwilioStub::start().await;
    let credentials = Credentials::ApiKey { sid: "SK1".into(), secret: Secret::new("its-secret".into()) };

    TwilioNotifier::new(TwilioSettings { credentials, ..settings(stub.base_url()) })
        .unwrap()
        .send(&code())
        .await
        .unwrap();

    let sms = &stub.messages()[0];
    assert_eq!(sms.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(sms.auth, "SK1:its-secret");
}

#[tokio::test]
async fn a_messaging_service_and_a_callback_are_named_when_set() {
    let stub = TwilioStub::start().await;
    let callback = "https://auth.example.com/callbacks/twilio/status";
    let settings = TwilioSettings {
        sender: Sender::MessagingService("MG1".into()),
        status_callback: Some(callback.into()),
        ..settings(stub.base_url())
    };

    TwilioNotifier::new(settings).unwrap().send(&code()).await.unwrap();

    let sms = &stub.messages()[0];
    assert_eq!((sms.from.as_str(), sms.fields["StatusCallback"].clone()), ("MG1", format!("{callback}/token")));
}

#[tokio::test]
async fn one_notifier_sends_again_and_again() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());

    for _ in 0..3 {
        notifier.send(&code()).await.unwrap();
    }

    assert_eq!(stub.wait_for(3).await.len(), 3);
}

#[tokio::test]
async fn what_may_pass_is_transient() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for (status, twilio) in [(429, 20429), (408, 0), (400, 21611)] {
        stub.answer_next([Answer::failure(status, twilio)]);

        let error = notifier.send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::Transient { retry_after: None, .. }), "{error:?}");
        assert_eq!(refusal(&error), (status, Some(twilio)));
    }
}

#[tokio::test]
async fn a_failing_api_is_unavailable() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for (status, twilio) in [(500, 20500), (502, 0), (503, 20503)] {
        stub.answer_next([Answer::failure(status, twilio)]);

        let error = notifier.send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
        assert_eq!(refusal(&error), (status, Some(twilio)));
    }
}

#[tokio::test]
async fn an_account_that_does_not_send_cannot_whatever_the_status() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for (status, twilio) in [(401, 20003), (403, 20005), (404, 20404), (400, 21606), (429, 63038)] {
        stub.answer_next([Answer::failure(status, twilio)]);

        let error = notifier.send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::ProviderCannot { scope: Scope::Everyone, .. }), "{error:?}");
        assert_eq!(refusal(&error), (status, Some(twilio)));
    }
}

#[tokio::test]
async fn a_country_without_permission_is_refused_alone() {
    let stub = TwilioStub::start().await;
    stub.answer_next([Answer::failure(403, 21408)]);

    let error = notifier(stub.base_url()).send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::ProviderCannot { scope: Scope::Country, .. }), "{error:?}");
}

#[tokio::test]
async fn a_number_that_is_not_known_is_kept_and_says_nothing_of_others() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for (status, twilio) in [(400, 21608), (400, 21612), (400, 99999), (401, 99999)] {
        stub.answer_next([Answer::failure(status, twilio)]);

        let error = notifier.send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::Failed(_)), "{error:?}");
        assert_eq!(refusal(&error), (status, Some(twilio)));
    }
}

#[tokio::test]
async fn what_concerns_the_recipient_is_for_ever() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for (status, twilio) in [(400, 21211), (400, 21214), (400, 21610), (400, 21614)] {
        stub.answer_next([Answer::failure(status, twilio)]);

        let error = notifier.send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::RecipientNever(_)), "{error:?}");
        assert_eq!(refusal(&error), (status, Some(twilio)));
    }
    assert!(stub.messages().is_empty());
}

#[tokio::test]
async fn a_message_that_was_taken_is_known_by_its_sid() {
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    let sid = "SM0123456789abcdef0123456789abcdef";
    for (body, reference) in [
        (format!(r#"{{"sid":"{sid}","status":"queued"}}"#), Some(sid.to_owned())),
        (r#"{"sid":"<script>"}"#.to_owned(), None),
        ("no JSON".to_owned(), None),
    ] {
        stub.answer_next([Answer { body, ..Answer::taken() }]);

        assert_eq!(notifier.send(&code()).await.unwrap(), Receipt { reference });
    }
}

#[tokio::test]
async fn retry_after_is_handed_on() {
    let stub = TwilioStub::start().await;
    stub.answer_next([Answer::failure(429, 20429).with_header("Retry-After", "7")]);

    let error = notifier(stub.base_url()).send(&code()).await.unwrap_err();

    assert!(
        matches!(error, SendError::Transient { retry_after: Some(after), .. } if after == Duration::from_secs(7)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = TwilioStub::start().await;
    let stub = TwilioStub::start().await;
    let notifier = notifier(stub.base_url());
    for status in [301, 302, 303, 307, 308] {
        stub.answer_next([Answer::failure(status, 0).with_header("Location", &elsewhere.base_url())]);

        let error = notifier.send(&code()).await.unwrap_err();

        assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_answer_without_end_is_cut_and_one_that_is_no_json_has_no_number() {
    let stub = TwilioStub::start().await;
    let body = "x".repeat(1 << 20);
    stub.answer_next([Answer { body, ..Answer::failure(500, 0) }]);

    let error = notifier(stub.base_url()).send(&code()).await.unwrap_err();

    assert_eq!(refusal(&error), (500, None));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_an_outage() {
    let stub = TwilioStub::start().await;
    stub.answer_next([Answer::taken().after(Duration::from_mins(1))]);
    let settings = TwilioSettings { timeout: Duration::from_millis(50), ..settings(stub.base_url()) };

    let error = TwilioNotifier::new(settings).unwrap().send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn an_api_that_is_away_is_unavailable_and_the_error_names_no_account() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    let error = notifier(base_url).send(&code()).await.unwrap_err();

    assert!(matches!(error, SendError::Unavailable(_)), "{error:?}");
    let shown = format!("{error:?}");
    for secret in [ACCOUNT, TOKEN, "123456", "4155552671"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_mailbox_is_no_telephone() {
    let stub = TwilioStub::start().await;
    let recipient = Recipient::Email(EmailAddress::parse("ada@example.com").unwrap());

    let error = notifier(stub.base_url()).send(&Envelope { recipient, ..code() }).await.unwrap_err();

    assert!(matches!(error, SendError::RecipientNever(_)), "{error:?}");
    assert!(stub.requests().is_empty());
}

#[test]
fn debug_shows_no_token() {
    assert!(!format!("{:?}", notifier(TwilioSettings::BASE_URL.to_owned())).contains(TOKEN));
}
