//! What happened, kept as it was told.

use std::time::Duration;

use doorward_app::profile::ProfileChange;
use doorward_kernel::{AuditEvent, AuditKind, ChallengeId, SessionId};
use doorward_user::NewNames;

use super::{
    Stores,
    scene::{is_recorded, signed_in},
};
use crate::fixtures::{at, audit, id, user_id, verifier};

pub async fn every_kind_of_event_reads_back_as_it_was_written(stores: &Stores) {
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
    stores.profiles.change(change).await.unwrap();

    for event in events {
        assert!(is_recorded(stores, &event).await, "{event:?}");
    }
}

pub async fn events_outlive_what_they_tell_of(stores: &Stores) {
    signed_in(stores, 1).await;
    let before = stores.audit.events().await;

    stores.challenges.forget_ended(at(1_000_000), 1000).await.unwrap();

    assert_eq!(stores.audit.events().await, before);
}
