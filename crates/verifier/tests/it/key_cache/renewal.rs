use std::{sync::Arc, time::Duration};

use doorward_verifier::VerifyError;
use tokio::time::{advance, timeout};

use super::stub::{Stub, settle, verify};
use crate::issuer::{Issuer, jwks};

#[tokio::test(start_paused = true)]
async fn sixty_four_callers_share_one_fetch() {
    let issuer = Arc::new(Issuer::es256());
    let stub = Stub::slow(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (verifier, issuer) = (verifier.clone(), Arc::clone(&issuer));
            tokio::spawn(async move { verify(&verifier, &issuer).await })
        })
        .collect();
    settle().await;

    stub.open();

    for caller in callers {
        assert!(caller.await.unwrap().is_ok());
    }
    assert_eq!(stub.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_does_not_take_the_fetch_along() {
    let issuer = Issuer::es256();
    let stub = Stub::slow(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    let impatient = timeout(Duration::from_millis(1), verify(&verifier, &issuer)).await;

    stub.open();

    assert!(impatient.is_err());
    assert!(verify(&verifier, &issuer).await.is_ok());
    assert_eq!(stub.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn ageing_keys_are_renewed_while_they_are_used() {
    let issuer = Issuer::eddsa();
    let stub = Stub::new(Some(jwks(&[&issuer])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();
    advance(Duration::from_secs(479)).await;
    assert!(verify(&verifier, &issuer).await.is_ok());
    settle().await;
    assert_eq!(stub.fetches(), 1);

    advance(Duration::from_secs(1)).await;
    stub.close();

    assert!(verify(&verifier, &issuer).await.is_ok());
    settle().await;
    assert_eq!(stub.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_that_grew_old_unused_are_renewed_first() {
    let (old, new) = (Issuer::es256(), Issuer::es256());
    let stub = Stub::new(Some(jwks(&[&old])));
    let verifier = stub.verifier();
    verifier.warm_up().await.unwrap();
    stub.publish(Some(jwks(&[&new])));

    advance(Duration::from_mins(10)).await;

    assert_eq!(verify(&verifier, &old).await, Err(VerifyError::UnknownKey));
    assert!(verify(&verifier, &new).await.is_ok());
    assert_eq!(stub.fetches(), 2);
}
