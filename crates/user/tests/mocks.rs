//! An example for other crates: a test stands in for the accounts by the mock that the feature `mock` brings.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use doorward_kernel::{StoreError, UserId};
use doorward_user::{MockUsers, Users};
use uuid::Uuid;

/// The code under test: a page that greets by name, and goes without the name when it is not to be had.
async fn greeting(users: &dyn Users, user: UserId) -> String {
    match users.find_by_id(user).await {
        Ok(Some(user)) => format!("Good morning, {}", user.names.first.as_str()),
        Ok(None) | Err(_) => "Good morning".to_owned(),
    }
}

#[tokio::test]
async fn a_store_that_is_down_costs_the_greeting_no_more_than_the_name() {
    let ada = UserId::from_uuid(Uuid::from_u128(1));
    let mut users = MockUsers::new();
    users
        .expect_find_by_id()
        .withf(move |user| *user == ada)
        .times(1)
        .returning(|_| Err(StoreError::unavailable("on purpose")));

    assert_eq!(greeting(&users, ada).await, "Good morning");
}
