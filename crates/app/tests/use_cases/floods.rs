//! Floods of callers that are refused: what they name is not looked up again and again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use doorward_app::{
    flow::{
        Advance, AdvanceOutcome, CountOutcome, FlowKind, Flows, FoundFlow, Repeat, Resend, ResendOutcome, ResumeError,
        Start, VerifyError,
    },
    limits::{CallKind, Caller},
    password_login::{PasswordAttempt, PasswordLoginError},
};
use doorward_kernel::{AuditEvent, ChallengeId, Client, Secret, StoreError, Timestamp};
use doorward_limit::{Limit, Limits};
use doorward_otp::{Challenge, Step, Target};
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::{MockUsers, Password, PhoneHolders};

use crate::world::{PASSWORD, World, of_identifiers, stranger};

const CALLS: u32 = 50;

fn world(limits: Limits) -> World {
    World::limited(Limits { sms: Limit::OFF, password_failures: Limit::OFF, ..limits })
}

/// Users of whom nobody is asked more often than that.
fn asked_at_most(times: usize) -> Arc<MockUsers> {
    let mut users = MockUsers::new();
    users.expect_find_by_phone().times(0..=times).returning(|_| Ok(PhoneHolders::default()));
    Arc::new(users)
}

fn once() -> Limit {
    Limit::parse("1/1d").unwrap()
}

#[tokio::test]
async fn garbage_device_tokens_of_a_refused_host_are_looked_up_once_a_second() {
    let mut world = world(Limits { ip_sends: once(), ..of_identifiers() });
    let call = |n: u32| Caller { device: Some(Secret::new(format!("dt_garbage{n}"))), ..stranger(1) };
    for n in 0..2 {
        let _ = world.phone_login.start(fixtures::phone(9), None, &call(n)).await;
    }
    Arc::make_mut(&mut world.phone_login.verification.limiter).users = asked_at_most(1);

    for n in 0..CALLS {
        world.phone_login.start(fixtures::phone(9), None, &call(n)).await.unwrap_err();
    }
}

#[tokio::test]
async fn numbers_with_passwords_from_a_refused_host_are_not_looked_up() {
    let mut world = world(Limits { ip_failures: once(), ..of_identifiers() });
    let attempt = |n: u32| PasswordAttempt {
        identifier: Target::Phone(fixtures::phone(n)),
        password: Password::parse(PASSWORD).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: stranger(1),
    };
    for _ in 0..2 {
        let _ = world.password_login.log_in(&attempt(9)).await;
    }
    // Whoever asks them for anything panics.
    world.password_login.users = Arc::new(MockUsers::new());

    for n in 0..CALLS {
        let refused = world.password_login.log_in(&attempt(n)).await;
        assert!(matches!(refused, Err(PasswordLoginError::Limited { .. })), "{refused:?}");
    }
}

/// Flows that count how often they are looked up.
struct Looked {
    inner: Arc<dyn Flows>,
    times: AtomicUsize,
}

#[async_trait]
impl Flows for Looked {
    async fn find(&self, id: ChallengeId) -> Result<Option<FoundFlow>, StoreError> {
        self.times.fetch_add(1, Ordering::Relaxed);
        self.inner.find(id).await
    }

    async fn start(&self, start: Start) -> Result<(), StoreError> {
        self.inner.start(start).await
    }

    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError> {
        self.inner.resend(resend).await
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        self.inner.advance(advance).await
    }

    async fn repeat(&self, repeat: Repeat) -> Result<Option<Challenge>, StoreError> {
        self.inner.repeat(repeat).await
    }

    async fn cut_off(&self, done: ChallengeId) -> Result<(), StoreError> {
        self.inner.cut_off(done).await
    }

    async fn count_wrong(
        &self,
        id: ChallengeId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<CountOutcome, StoreError> {
        self.inner.count_wrong(id, now, audit).await
    }

    async fn purge_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.purge_ended(kind, before, limit).await
    }
}

#[tokio::test]
async fn the_own_flow_of_a_refused_host_is_looked_up_a_few_times_a_minute() {
    let mut world = world(Limits { ip_failures: once(), ..of_identifiers() });
    let flow = world.phone_login.start(fixtures::phone(9), None, &stranger(1)).await.unwrap();
    let id = world.id(&flow);
    let looked = Arc::new(Looked { inner: world.stores.store.clone(), times: AtomicUsize::new(0) });
    world.verification.flows = looked.clone();

    let mut refused = 0;
    for _ in 0..CALLS {
        let tried = world.verification.find_open(id, &[Step::PhoneCode], &stranger(1)).await;
        refused += u32::from(matches!(tried, Err(VerifyError::Limited { .. })));
    }

    assert_eq!(refused, CALLS - 1);
    assert!((1..=3).contains(&looked.times.load(Ordering::Relaxed)));
}

#[tokio::test]
async fn flows_that_a_refused_host_names_at_a_start_are_looked_up_once_each() {
    let mut world = world(Limits { ip_sends: once(), ..of_identifiers() });
    let mut flows = Vec::new();
    for n in 1..=3 {
        flows.push(world.id(&world.phone_login.start(fixtures::phone(n), None, &stranger(n)).await.unwrap()));
    }
    let call = (&Target::Phone(fixtures::phone(9)), CallKind::Start);
    for _ in 0..2 {
        let _ = world.phone_login.start(fixtures::phone(9), None, &stranger(9)).await;
    }
    let looked = Arc::new(Looked { inner: world.stores.store.clone(), times: AtomicUsize::new(0) });
    world.verification.flows = looked.clone();

    for _ in 0..CALLS {
        let _ = world.verification.resumed((Some(flows[0]), &flows), call, &stranger(9)).await;
    }

    assert_eq!(looked.times.load(Ordering::Relaxed), flows.len());
    let refused = world.verification.resumed((Some(flows[0]), &flows), call, &stranger(9)).await;
    assert!(matches!(refused, Err(ResumeError::Limited { .. })), "{refused:?}");
}
