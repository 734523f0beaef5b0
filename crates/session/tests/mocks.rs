//! An example for other crates: a test stands in for the signer by the mock that the feature `mock` brings.

use doorward_kernel::Timestamp;
use doorward_session::{MockTokenSigner, TokenSigner};

/// The code under test: a door that opens to a good access token.
fn status(signer: &dyn TokenSigner, authorization: Option<&str>, now: Timestamp) -> u16 {
    let token = authorization.and_then(|header| header.strip_prefix("Bearer "));
    match token.and_then(|token| signer.verify(token, now)) {
        Some(_) => 200,
        None => 401,
    }
}

#[test]
fn a_token_that_is_not_good_is_refused() {
    let now = Timestamp::from_micros(0);
    let mut signer = MockTokenSigner::new();
    signer.expect_verify().withf(move |token, at| token == "stale" && *at == now).times(1).returning(|_, _| None);

    assert_eq!(status(&signer, Some("Bearer stale"), now), 401);
}

#[test]
fn nobody_is_asked_about_a_call_without_a_token() {
    let mut signer = MockTokenSigner::new();
    signer.expect_verify().never();

    assert_eq!(status(&signer, None, Timestamp::from_micros(0)), 401);
}
