//! An example for other crates: a test stands in for the buckets by the mock that the feature `mock` brings.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Buckets, Limit, MockBuckets, Take, TakeOutcome};

/// The code under test: an endpoint that takes one unit of a limit of its own, and fails closed.
async fn status(buckets: &dyn Buckets, caller: BucketKey, now: Timestamp) -> u16 {
    match buckets.take(vec![Take::one(caller, Limit::parse("3/1m").unwrap())], now).await {
        Ok(TakeOutcome::Admitted(_)) => 204,
        Ok(TakeOutcome::Refused(_)) => 429,
        Err(_) => 503,
    }
}

#[tokio::test]
async fn a_store_that_is_down_switches_no_limit_off() {
    let (caller, now) = (BucketKey { kind: BucketKind::new("exports"), subject: [1; 32] }, Timestamp::from_micros(0));
    let mut admitting = MockBuckets::new();
    admitting
        .expect_take()
        .withf(move |takes, at| takes.len() == 1 && takes.iter().all(|take| take.key == caller) && *at == now)
        .times(1)
        .returning(|_, _| Ok(TakeOutcome::ADMITTED));
    let mut down = MockBuckets::new();
    down.expect_take().times(1).returning(|_, _| Err(StoreError::unavailable("on purpose")));

    assert_eq!(status(&admitting, caller, now).await, 204);
    assert_eq!(status(&down, caller, now).await, 503);
}
