//! The conformance suite looks at what its calls have read; this looks whether it would notice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

mod support;

use doorward_testkit::fixtures;

#[tokio::test]
#[should_panic(expected = "whole tables were read: users")]
async fn a_call_that_no_key_answers_is_noticed() {
    let (stores, fresh) = support::fresh().await;
    support::register(&stores, 1).await;
    fresh.database.execute("DROP INDEX users_phone; DROP INDEX users_verified_phone");

    stores.users().find_by_phone(&fixtures::phone(1)).await.unwrap();
}
