//! Two processes on one file: the guards decide, not the one writer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

mod support;

use doorward_app::{logins::LoginOutcome, registration::RegistrationOutcome};
use doorward_kernel::AuditKind;
use doorward_otp::{Challenge, Subject};
use doorward_store_sqlite::SqliteStore;
use doorward_testkit::fixtures::{self, at, audit};
use tokio::task::JoinSet;

const CALLS: u32 = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_logins_opens_a_session() {
    let fresh = support::open().await;
    let other = SqliteStore::open(fresh.settings()).unwrap();
    let stores = [support::stores(&fresh.store), support::stores(&other)];
    let user = fixtures::verified_user(1);
    stores[0].registrations().start(fixtures::start_registration(1, &user)).await.unwrap();
    let outcome = stores[0].registrations().complete(fixtures::complete_registration(1, &user)).await.unwrap();
    assert_eq!(outcome, RegistrationOutcome::Registered);
    let challenge = Challenge { subject: Subject::Account(user.id), ..fixtures::challenge(1) };
    stores[0].flows().start(fixtures::start(100, challenge.clone())).await.unwrap();

    let mut calls = JoinSet::new();
    for n in 0..CALLS {
        let stores = stores[n as usize % 2].clone();
        let open = fixtures::open_session(n, &challenge, &user);
        calls.spawn(async move { stores.logins().open(open).await.unwrap() });
    }
    let outcomes = calls.join_all().await;

    let opened = outcomes.iter().filter(|outcome| **outcome == LoginOutcome::Opened(user.clone())).count();
    let closed = outcomes.iter().filter(|outcome| **outcome == LoginOutcome::Closed).count();
    assert_eq!((opened, closed), (1, outcomes.len() - 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_claimed_twice() {
    let fresh = support::open().await;
    let other = SqliteStore::open(fresh.settings()).unwrap();
    let stores = [support::stores(&fresh.store), support::stores(&other)];
    for n in 0..CALLS {
        stores[0].flows().start(fixtures::start(n, fixtures::challenge(n))).await.unwrap();
    }

    let mut calls = JoinSet::new();
    for n in 0..CALLS {
        let stores = stores[n as usize % 2].clone();
        calls.spawn(async move { stores.outbox().claim(at(1), at(9), 3).await.unwrap() });
    }
    let mut claimed: Vec<_> = calls.join_all().await.into_iter().flatten().map(|claimed| claimed.message.id).collect();
    claimed.sort();
    let all = claimed.len();
    claimed.dedup();

    assert_eq!((all, claimed.len()), (32, 32));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn as_many_wrong_tries_are_counted_as_are_left() {
    let fresh = support::open().await;
    let other = SqliteStore::open(fresh.settings()).unwrap();
    let stores = [support::stores(&fresh.store), support::stores(&other)];
    let challenge = fixtures::challenge(1);
    stores[0].flows().start(fixtures::start(100, challenge.clone())).await.unwrap();

    let mut calls = JoinSet::new();
    for n in 0..CALLS {
        let (stores, id) = (stores[n as usize % 2].clone(), challenge.id);
        let count =
            async move { stores.flows().count_wrong(id, at(1), audit(n, AuditKind::FlowFailed)).await.unwrap() };
        calls.spawn(count);
    }
    let outcomes = calls.join_all().await;

    let closed = outcomes.iter().filter(|outcome| **outcome == doorward_app::flow::CountOutcome::Closed).count();
    assert_eq!(closed, outcomes.len() - usize::from(challenge.max_tries));
}
