use std::time::Duration;

use doorward_verifier::VerifyError;
use serde_json::json;
use tokio::time::advance;

use super::stub::{Stub, verify};
use crate::issuer::{self, Issuer, jwks};

#[tokio::test(start_paused = true)]
async fn a_new_key_is_fetched_when_its_first_token_comes() {
    let (old, new) = (Issuer::es256(), Issuer::es256());
    let stub = Stub::new(Some(jwks(&[&old])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();
    stub.publish(Some(jwks(&[&old, &new])));

    advance(Duration::from_secs(10)).await;

    assert!(verify(&verifier, &new).await.is_ok());
    assert!(verify(&verifier, &old).await.is_ok());
    assert_eq!(stub.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn invented_keys_cause_one_fetch_per_interval() {
    let issuer = Issuer::es256();
    let stub = Stub::new(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();

    for expected in [1, 2, 3] {
        for _ in 0..20 {
            assert_eq!(verify(&verifier, &Issuer::eddsa()).await, Err(VerifyError::UnknownKey));
        }
        assert_eq!(stub.fetches(), expected);
        advance(Duration::from_secs(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_once_looked_for_in_vain_causes_no_fetch_for_a_minute() {
    let (issuer, hostile) = (Issuer::es256(), Issuer::eddsa());
    let stub = Stub::new(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();

    for (seconds, expected) in [(10, 2), (10, 2), (49, 2), (1, 3)] {
        advance(Duration::from_secs(seconds)).await;
        assert_eq!(verify(&verifier, &hostile).await, Err(VerifyError::UnknownKey));
        assert_eq!(stub.fetches(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_token_fetches_nothing() {
    let issuer = Issuer::es256();
    let stub = Stub::new(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    let header = issuer::with(issuer.header(), &json!({ "kid": "../../dev/null" }));
    let jku = issuer::with(issuer.header(), &json!({ "jku": "http://127.0.0.1:9/" }));

    assert_eq!(verifier.verify("a.b").await, Err(VerifyError::Encoding));
    assert_eq!(verifier.verify(&issuer.sign(&header, &json!({}))).await, Err(VerifyError::KeyId));
    assert_eq!(verifier.verify(&issuer.sign(&jku, &json!({}))).await, Err(VerifyError::ForbiddenHeader("jku")));

    assert_eq!(stub.fetches(), 0);
}
