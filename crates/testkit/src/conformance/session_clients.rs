//! Client data of sessions, which is deleted before the sessions are.

use std::time::Duration;

use doorward_app::{SignedIn, logins::OpenSession};
use doorward_kernel::{AuditKind, Client, Timestamp};
use doorward_otp::{Purpose, Step, Subject, Target};
use doorward_session::Session;

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
    scene::{another_session, far, session_now, signed_in, started, traces},
};
use crate::fixtures::{at, audit, challenge_of, open_session, phone};

cases![
    clients_from_before_an_instant_are_forgotten_and_no_others,
    a_half_told_client_is_forgotten_and_one_of_which_nothing_is_kept_does_not_count,
    the_client_of_a_session_that_has_ended_is_forgotten_too,
    the_oldest_clients_are_forgotten_first_and_no_more_than_the_limit,
    clients_that_many_purge_at_once_are_told_of_once,
];

/// Opens session `n` of an account at that instant for a client of which that is kept.
async fn opened(stores: &Stores, n: u32, first: &SignedIn, client: Client, created_at: Timestamp) -> Session {
    let step = (Purpose::Login, Step::PhoneCode);
    let login = challenge_of(n, step, Target::Phone(phone(1)), Subject::Account(first.user.id));
    let opening = open_session(n, &started(stores, n, login).await, &first.user);
    let session = Session { client, created_at, ..opening.session.clone() };
    stores.logins().open(OpenSession { session: session.clone(), ..opening }).await.unwrap();
    session
}

fn forgotten(session: &Session) -> Session {
    Session { client: Client::default(), ..session.clone() }
}

async fn clients_from_before_an_instant_are_forgotten_and_no_others(stores: &Stores) {
    let (first, microsecond) = (signed_in(stores, 1).await, Duration::from_micros(1));
    let client = first.session.client.clone();
    let older = opened(stores, 2, &first, client.clone(), at(10) - microsecond).await;
    let same = opened(stores, 3, &first, client.clone(), at(10)).await;
    let younger = opened(stores, 4, &first, client, at(10) + microsecond).await;
    let before = traces(stores).await;

    assert_eq!(stores.sessions().purge_clients(at(10), 10).await.unwrap(), 2);

    for old in [&first.session, &older] {
        assert_eq!(session_now(stores, old.id).await, forgotten(old));
    }
    for kept in [&same, &younger] {
        assert_eq!(session_now(stores, kept.id).await, *kept);
    }
    assert_eq!(stores.sessions().purge_clients(at(10), 10).await.unwrap(), 0);
    assert_eq!(traces(stores).await, before);
}

async fn a_half_told_client_is_forgotten_and_one_of_which_nothing_is_kept_does_not_count(stores: &Stores) {
    let first = signed_in(stores, 1).await;
    let Client { device, network } = first.session.client.clone();
    let by_device = opened(stores, 2, &first, Client { device, network: None }, at(2)).await;
    let by_network = opened(stores, 3, &first, Client { device: None, network }, at(3)).await;
    let untold = opened(stores, 4, &first, Client::default(), at(4)).await;

    assert_eq!(stores.sessions().purge_clients(far(), 10).await.unwrap(), 3);

    for session in [&first.session, &by_device, &by_network, &untold] {
        assert_eq!(session_now(stores, session.id).await, forgotten(session));
    }
}

async fn the_client_of_a_session_that_has_ended_is_forgotten_too(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    stores.sessions().end(session.id, at(5), audit(1, AuditKind::SessionEnded)).await.unwrap();

    assert_eq!(stores.sessions().purge_clients(far(), 10).await.unwrap(), 1);

    let expected = Session { ended_at: Some(at(5)), ..forgotten(&session) };
    assert_eq!(session_now(stores, session.id).await, expected);
}

async fn the_oldest_clients_are_forgotten_first_and_no_more_than_the_limit(stores: &Stores) {
    let first = signed_in(stores, 1).await;
    let mut sessions = vec![first.session.clone()];
    for (n, seconds) in (2..).zip([9, 3, 7]) {
        sessions.push(opened(stores, n, &first, first.session.client.clone(), at(seconds)).await);
    }

    assert_eq!(stores.sessions().purge_clients(far(), 2).await.unwrap(), 2);

    for (session, is_old) in sessions.iter().zip([true, false, true, false]) {
        let expected = if is_old { forgotten(session) } else { session.clone() };
        assert_eq!(session_now(stores, session.id).await, expected);
    }
    assert_eq!(stores.sessions().purge_clients(far(), 0).await.unwrap(), 0);
    assert_eq!(stores.sessions().purge_clients(far(), 9).await.unwrap(), 2);
}

async fn clients_that_many_purge_at_once_are_told_of_once(stores: &Stores) {
    for round in 1..=ROUNDS {
        let first = signed_in(stores, round * 100).await;
        for n in 1..10 {
            another_session(stores, round * 100 + n, &first.user).await;
        }

        let told =
            race(stores, 0..CALLS, |stores, _| async move { stores.sessions().purge_clients(far(), 3).await.unwrap() })
                .await;

        assert_eq!(told.iter().sum::<u64>(), 10);
    }
}
