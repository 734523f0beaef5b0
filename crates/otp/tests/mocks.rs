//! An example for other crates: a test stands in for the challenges by the mock that the feature `mock` brings.

use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenges, MockChallenges};
use uuid::Uuid;

/// The code under test: a help page that says whether a code may still be entered.
async fn help(challenges: &dyn Challenges, id: ChallengeId, now: Timestamp) -> &'static str {
    match challenges.find(id).await {
        Ok(Some(challenge)) if challenge.denial(now).is_none() => "enter the code that we sent",
        Ok(_) => "ask for a new code",
        Err(_) => "try again in a minute",
    }
}

#[tokio::test]
async fn an_unknown_flow_is_told_from_a_store_that_is_down() {
    let (id, now) = (ChallengeId::from_uuid(Uuid::from_u128(1)), Timestamp::from_micros(0));
    let mut unknown = MockChallenges::new();
    unknown.expect_find().withf(move |asked| *asked == id).times(1).returning(|_| Ok(None));
    let mut down = MockChallenges::new();
    down.expect_find().times(1).returning(|_| Err(StoreError::unavailable("on purpose")));

    assert_eq!(help(&unknown, id, now).await, "ask for a new code");
    assert_eq!(help(&down, id, now).await, "try again in a minute");
}
