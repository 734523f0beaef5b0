//! The audit: events are stored as they were recorded.

use std::time::Duration;

use doorward_app::{flow::FlowKind, profile::ProfileChange};
use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, SessionId, Timestamp};
use doorward_user::NewNames;

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
    scene::{is_recorded, signed_in},
};
use crate::fixtures::{at, audit, id, user_id, verifier};

cases![
    every_kind_of_event_reads_back_as_it_was_written,
    events_outlive_what_they_tell_of,
    events_from_before_an_instant_are_forgotten_and_no_others,
    the_oldest_events_are_forgotten_first_and_no_more_than_the_limit,
    events_that_many_purge_at_once_are_told_once,
];

async fn every_kind_of_event_reads_back_as_it_was_written(stores: &Stores) {
    let session = signed_in(stores, 1).await.session;
    let events = (500..).zip(AuditKind::ALL).map(|(n, kind)| AuditEvent {
        at: at(1) + Duration::from_micros(n.into()),
        user: (n % 2 == 0).then(|| user_id(n)),
        session: (n % 3 == 0).then(|| SessionId::from_bytes(id("session", n))),
        challenge: (n % 5 == 0).then(|| ChallengeId::from_bytes(id("challenge", n))),
        ..audit(n, *kind)
    });
    let events: Vec<_> = events.collect();

    let change = ProfileChange {
        user: session.user,
        session: session.id,
        checked: verifier(1),
        names: NewNames::default(),
        new_password: None,
        start: None,
        notices: Vec::new(),
        now: at(60),
        audit: events.clone(),
    };
    stores.profiles().change(change).await.unwrap();

    for event in events {
        assert!(is_recorded(stores, &event).await, "{event:?}");
    }
}

async fn events_outlive_what_they_tell_of(stores: &Stores) {
    signed_in(stores, 1).await;
    let before = stores.audit.events().await;

    stores.flows().purge_ended(FlowKind::Other, at(1_000_000), 1000).await.unwrap();

    assert_eq!(stores.audit.events().await, before);
}

async fn recorded(stores: &Stores, n: u32, at: Timestamp) -> AuditEvent {
    let event = AuditEvent { at, ..audit(n, AuditKind::SessionEnded) };
    stores.incidents().record(event.clone(), None).await.unwrap();
    event
}

async fn events_from_before_an_instant_are_forgotten_and_no_others(stores: &Stores) {
    let microsecond = Duration::from_micros(1);
    recorded(stores, 1, at(10) - microsecond).await;
    recorded(stores, 2, at(0)).await;
    let kept = [recorded(stores, 3, at(10)).await, recorded(stores, 4, at(10) + microsecond).await];

    assert_eq!(stores.audit_events().forget(at(10), 10).await.unwrap(), 2);

    assert_eq!(stores.audit.events().await, kept);
    assert_eq!(stores.audit_events().forget(at(10), 10).await.unwrap(), 0);
}

async fn the_oldest_events_are_forgotten_first_and_no_more_than_the_limit(stores: &Stores) {
    for (n, seconds) in (1..).zip([3, 1, 5, 2, 4]) {
        recorded(stores, n, at(seconds)).await;
    }

    assert_eq!(stores.audit_events().forget(at(9), 2).await.unwrap(), 2);

    let mut left: Vec<_> = stores.audit.events().await.into_iter().map(|event| event.at).collect();
    left.sort_unstable();
    assert_eq!(left, [at(3), at(4), at(5)]);
    assert_eq!(stores.audit_events().forget(at(9), 0).await.unwrap(), 0);
    assert_eq!(stores.audit_events().forget(at(9), 3).await.unwrap(), 3);
}

async fn events_that_many_purge_at_once_are_told_once(stores: &Stores) {
    for round in 1..=ROUNDS {
        for n in 0..10 {
            recorded(stores, round * 100 + n, at(n.into())).await;
        }

        let told =
            race(stores, 0..CALLS, |stores, _| async move { stores.audit_events().forget(at(10), 3).await.unwrap() })
                .await;

        assert_eq!(told.iter().sum::<u64>(), 10);
        assert_eq!(stores.audit.events().await, []);
    }
}
