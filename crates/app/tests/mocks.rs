//! An example for other crates: a test stands in for ports of the use cases by the mocks of the feature `mock`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use doorward_app::{
    ClockAndIds,
    operator::{Imported, Importer, MockAccounts, NewUser},
};
use doorward_kernel::{EmailAddress, Locale, MockClock, MockRandom, StoreError};
use doorward_user::{MockUsers, Name, Names};

/// The use case over ports that say nothing but what a test tells them.
fn importer(users: MockUsers, accounts: MockAccounts) -> Importer {
    let clock_and_ids = ClockAndIds { clock: Arc::new(MockClock::new()), random: Arc::new(MockRandom::new()) };
    Importer { clock_and_ids, users: Arc::new(users), accounts: Arc::new(accounts) }
}

fn ada() -> NewUser {
    NewUser {
        names: Names { first: Name::parse("Ada").unwrap(), last: None },
        email: EmailAddress::parse("ada@example.com").unwrap(),
        phone: None,
        is_phone_verified: false,
        locale: Locale::En,
        created_at: None,
    }
}

#[tokio::test]
async fn a_preview_looks_for_the_address_and_imports_nobody() {
    let (mut users, mut accounts) = (MockUsers::new(), MockAccounts::new());
    users.expect_find_by_email().withf(|email| *email == ada().email).times(1).returning(|_| Ok(None));
    accounts.expect_import().never();

    assert_eq!(importer(users, accounts).preview(&ada()).await.unwrap(), Imported::Made);
}

#[tokio::test]
async fn a_preview_fails_when_the_accounts_cannot_be_asked() {
    let mut users = MockUsers::new();
    users.expect_find_by_email().times(1).returning(|_| Err(StoreError::unavailable("on purpose")));

    assert!(importer(users, MockAccounts::new()).preview(&ada()).await.is_err());
}
