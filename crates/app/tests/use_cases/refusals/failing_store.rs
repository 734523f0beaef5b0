//! Incidents that the store refuses.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use doorward_app::limits::Incidents;
use doorward_kernel::{AuditEvent, AuditKind, StoreError};
use doorward_limit::Limits;
use doorward_notifier::Message;
use doorward_otp::Target;
use doorward_testkit::fixtures;

use super::{WRONG, flood, limit, recorded, try_at, try_password, unhindered};
use crate::world::{PASSWORD, World, stranger};

/// A store that keeps no incident.
struct Deaf;

#[async_trait]
impl Incidents for Deaf {
    async fn record(&self, _event: AuditEvent, _notice: Option<Message>) -> Result<(), StoreError> {
        Err(StoreError::unavailable("the audit is full"))
    }
}

#[tokio::test]
async fn a_refusal_that_cannot_be_recorded_is_a_refusal_all_the_same_and_recorded_later() {
    let limits = Limits { ip_sends: limit("3/1d"), password_failures: limit("3/1d"), ..unhindered() };
    let world = World::limited(limits);
    world.member(1).await;
    let mut deaf = world.verification.limiter.clone();
    Arc::make_mut(&mut deaf).incidents = Arc::new(Deaf);

    assert_eq!(flood(&world, &stranger(1)).await, 97);
    assert_eq!(try_password(&world, 1, WRONG, 3).await, 0);
    assert_eq!(try_password(&world, 1, PASSWORD, 10).await, 0);
    assert!(deaf.record_incidents().await.is_err());

    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 1);
}

#[tokio::test]
async fn the_try_from_which_on_others_wait_writes_no_more_than_the_one_before() {
    let world = World::limited(unhindered());
    world.member(1).await;
    try_password(&world, 1, WRONG, 8).await;
    world.settle().await;
    let before = world.store.audit().len();

    // Whoever could tell the tenth by its time would know that address and number are one account's.
    for name in [Target::Email(fixtures::email(1)), Target::Phone(fixtures::phone(1))] {
        try_at(&world, name, WRONG, 100).await.unwrap_err();
        assert_eq!(world.store.audit().len(), before);
    }

    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 1);
}

/// A store that refuses the first incident, whatever it is.
struct RefusesOne {
    inner: Arc<dyn Incidents>,
    asked: AtomicUsize,
}

#[async_trait]
impl Incidents for RefusesOne {
    async fn record(&self, event: AuditEvent, notice: Option<Message>) -> Result<(), StoreError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(StoreError::failed("no such row")),
            _ => self.inner.record(event, notice).await,
        }
    }
}

#[tokio::test]
async fn an_incident_that_the_store_refuses_keeps_no_other_back() {
    let world = World::limited(Limits { ip_sends: limit("1/1d"), ..unhindered() });
    let mut one = world.verification.limiter.clone();
    let limiter = Arc::make_mut(&mut one);
    limiter.incidents = Arc::new(RefusesOne { inner: limiter.incidents.clone(), asked: AtomicUsize::new(0) });

    flood(&world, &stranger(1)).await;
    flood(&world, &stranger(2)).await;
    one.record_incidents().await.unwrap();

    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
}
