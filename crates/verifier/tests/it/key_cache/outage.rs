use std::time::Duration;

use doorward_verifier::VerifyError;
use serde_json::json;
use tokio::time::advance;

use super::stub::{Stub, settle, verify};
use crate::issuer::{Issuer, jwks};

#[tokio::test(start_paused = true)]
async fn old_keys_serve_through_an_outage_for_a_day() {
    let issuer = Issuer::es256();
    let stub = Stub::new(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();
    stub.publish(None);

    for _ in 0..23 {
        advance(Duration::from_hours(1)).await;
        assert!(verify(&verifier, &issuer).await.is_ok());
        settle().await;
    }
    advance(Duration::from_hours(1)).await;

    let verdict = verify(&verifier, &issuer).await;
    assert_eq!(verdict, Err(VerifyError::Unavailable { retry_after: Duration::from_secs(10) }));
    assert_eq!(stub.fetches(), 25);
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_the_next_calls_bring_the_new_keys() {
    let (old, new) = (Issuer::es256(), Issuer::eddsa());
    let stub = Stub::new(Some(jwks(&[&old])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();
    stub.publish(None);
    advance(Duration::from_hours(2)).await;
    assert!(verify(&verifier, &old).await.is_ok());
    stub.publish(Some(jwks(&[&new])));

    advance(Duration::from_secs(1)).await;

    assert!(verify(&verifier, &old).await.is_ok());
    settle().await;
    assert_eq!(verify(&verifier, &old).await, Err(VerifyError::UnknownKey));
    assert!(verify(&verifier, &new).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_key_set_does_not_replace_keys() {
    let issuer = Issuer::es256();
    let stub = Stub::new(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();

    stub.publish(Some(json!({ "keys": [] })));
    advance(Duration::from_mins(10)).await;

    assert!(verify(&verifier, &issuer).await.is_ok());
    assert_eq!(stub.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_any_keys_the_issuer_is_tried_ever_more_rarely() {
    let issuer = Issuer::es256();
    let stub = Stub::new(None);
    let verifier = stub.verifier();

    for (expected, pause) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10)] {
        let unavailable = Err(VerifyError::Unavailable { retry_after: Duration::from_secs(pause) });
        assert_eq!(verify(&verifier, &issuer).await, unavailable);
        assert_eq!(verify(&verifier, &issuer).await, unavailable);
        assert_eq!(stub.fetches(), expected);
        advance(Duration::from_secs(pause)).await;
    }
    stub.publish(Some(jwks(&[&issuer])));

    assert!(verify(&verifier, &issuer).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_never_answers_is_given_up() {
    let issuer = Issuer::es256();
    let stub = Stub::slow(None);
    let verifier = stub.verifier();

    let verdict = verify(&verifier, &issuer).await;

    assert_eq!(verdict, Err(VerifyError::Unavailable { retry_after: Duration::ZERO }));
}
