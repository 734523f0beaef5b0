//! An example for other crates: a test stands in for a provider by the mock that the feature `mock` brings.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use doorward_kernel::{EmailAddress, Locale, MessageId, Timestamp};
use doorward_notifier::{Body, Envelope, MockNotifier, NoticeTemplate, Notifier, Receipt, Recipient, SendError};
use uuid::Uuid;

/// The code under test: a notifier that gives to a second one what the first does not take.
async fn send(first: &dyn Notifier, second: &dyn Notifier, envelope: &Envelope) -> Result<(), SendError> {
    match first.send(envelope).await {
        Ok(_) => Ok(()),
        Err(error @ SendError::RecipientNever(_)) => Err(error),
        Err(_) => second.send(envelope).await.map(drop),
    }
}

fn envelope() -> Envelope {
    Envelope {
        id: MessageId::from_uuid(Uuid::from_u128(1)),
        recipient: Recipient::Email(EmailAddress::parse("ada@example.com").unwrap()),
        locale: Locale::En,
        body: Body::Notice { template: NoticeTemplate::PasswordChanged, detail: None, undo: None },
        expires_at: Timestamp::from_micros(1_800_000_000_000_000),
        report_token: "token".to_owned(),
    }
}

#[tokio::test]
async fn what_a_provider_cannot_take_goes_to_the_next_one() {
    let (mut first, mut second) = (MockNotifier::new(), MockNotifier::new());
    first.expect_send().times(1).returning(|_| Err(SendError::unavailable("on purpose")));
    let sent = envelope();
    let id = sent.id;
    second.expect_send().withf(move |envelope| envelope.id == id).times(1).returning(|_| Ok(Receipt::default()));

    assert!(send(&first, &second, &sent).await.is_ok());
}

#[tokio::test]
async fn a_recipient_that_does_not_exist_is_tried_once() {
    let (mut first, mut second) = (MockNotifier::new(), MockNotifier::new());
    first.expect_send().times(1).returning(|_| Err(SendError::recipient_never("on purpose")));
    second.expect_send().never();

    assert!(matches!(send(&first, &second, &envelope()).await, Err(SendError::RecipientNever(_))));
}
