//! What the audit tells of calls that limits refuse.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use doorward_app::{
    clients::Credentials,
    flow::{LoginStep, VerifyError},
    limits::{AdmitError, BufferedBuckets, Caller, Incidents},
    password_login::{PasswordAttempt, PasswordLoginError},
};
use doorward_kernel::{AuditEvent, AuditKind, Client, Secret, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Buckets, Leased, Limit, Limits, Take, TakeOutcome};
use doorward_notifier::Message;
use doorward_otp::{Code, Step, Target};
use doorward_session::Carrier;
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, World, of_identifiers, request, stranger};

fn unhindered() -> Limits {
    Limits { sms: Limit::OFF, password_failures: Limit::OFF, ..of_identifiers() }
}

fn limit(text: &str) -> Limit {
    Limit::parse(text).unwrap()
}

async fn recorded(world: &World, kind: AuditKind) -> usize {
    world.settle().await;
    world.store.audit().iter().filter(|event| event.kind == kind).count()
}

/// Asks a hundred times for codes; how often it is refused explicitly.
async fn flood(world: &World, caller: &Caller) -> usize {
    let mut refused = 0;
    for _ in 0..100 {
        match world.phone_login.start(fixtures::phone(9), None, caller).await {
            Ok(_) => {}
            Err(AdmitError::Limited { .. }) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    refused
}

/// Tries a password at that name, from that place.
async fn try_at(
    world: &World,
    identifier: Target,
    password: &str,
    place: u32,
) -> Result<LoginStep, PasswordLoginError> {
    let attempt = PasswordAttempt {
        identifier,
        password: Password::parse(password).unwrap(),
        flow: None,
        carrier: Carrier::Token,
        client: Client::default(),
        caller: stranger(place),
    };
    world.password_login.log_in(&attempt).await
}

/// Tries a password so often, from as many places; how often it was right.
async fn try_password(world: &World, n: u32, password: &str, times: u32) -> usize {
    let mut right = 0;
    for place in 0..times {
        match try_at(world, Target::Email(fixtures::email(n)), password, place).await {
            Ok(_) => right += 1,
            Err(PasswordLoginError::Incorrect { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    right
}

const WRONG: &str = "wrong-otter-9-quarry";

#[tokio::test]
async fn a_hundred_refusals_of_a_host_are_one_event_in_ten_minutes() {
    let world = World::limited(Limits { ip_sends: limit("1/1d"), ..unhindered() });

    assert_eq!(flood(&world, &stranger(1)).await, 99);
    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
    world.wait(599);
    assert_eq!(flood(&world, &stranger(1)).await, 100);
    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
    world.wait(1);
    assert_eq!(flood(&world, &stranger(1)).await, 100);

    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 2);
}

#[tokio::test]
async fn two_hosts_are_two_events_and_two_buckets_are_too() {
    let limits = Limits { ip_sends: limit("1/1d"), ip_credentials: limit("2/1d"), ..unhindered() };
    let world = World::limited(limits);

    flood(&world, &stranger(1)).await;
    flood(&world, &stranger(2)).await;

    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 2);
    assert_eq!(recorded(&world, AuditKind::IpCredentialsLimited).await, 0);
    let network = World::limited(Limits { net_sends: limit("1/1d"), ..unhindered() });
    flood(&network, &stranger(1)).await;
    assert_eq!(recorded(&network, AuditKind::NetSendsLimited).await, 1);
}

#[tokio::test]
async fn events_of_refusals_name_nobody() {
    let world = World::limited(Limits { ip_sends: limit("1/1d"), ..unhindered() });

    flood(&world, &stranger(1)).await;
    world.settle().await;

    let told = world.store.audit().into_iter().find(|event| event.kind == AuditKind::IpSendsLimited).unwrap();
    assert_eq!((told.user, told.session, told.challenge), (None, None, None));
}

#[tokio::test]
async fn an_identifier_that_is_used_up_silently_is_one_event_an_hour() {
    let world = World::limited(Limits { password_failures: limit("3/1d"), ..unhindered() });
    world.member(1).await;
    world.member(2).await;

    assert_eq!(try_password(&world, 1, WRONG, 3).await, 0);
    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 0);
    assert_eq!(try_password(&world, 1, PASSWORD, 50).await, 0);
    assert_eq!(try_password(&world, 2, WRONG, 50).await, 0);
    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 2);
    world.wait(3600);
    assert_eq!(try_password(&world, 1, PASSWORD, 50).await, 0);

    assert_eq!(recorded(&world, AuditKind::PasswordFailuresLimited).await, 3);
}

#[tokio::test]
async fn every_wait_of_an_authenticator_is_one_event_and_its_end_is_another() {
    let world = World::limited(unhindered());
    world.member(1).await;

    try_password(&world, 1, WRONG, 9).await;
    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 0);
    try_password(&world, 1, WRONG, 50).await;
    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 1);
    for _ in 11..30 {
        world.wait(3600);
        try_password(&world, 1, WRONG, 10).await;
    }
    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 20);
    assert_eq!(recorded(&world, AuditKind::AuthenticatorDisabled).await, 0);
    for _ in 0..10 {
        world.wait(3600);
        try_password(&world, 1, WRONG, 10).await;
    }

    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 20);
    assert_eq!(recorded(&world, AuditKind::AuthenticatorDisabled).await, 1);
}

#[tokio::test]
async fn a_right_password_after_nine_wrong_ones_makes_nothing_wait() {
    let world = World::limited(unhindered());
    world.member(1).await;

    try_password(&world, 1, WRONG, 9).await;
    assert_eq!(try_password(&world, 1, PASSWORD, 1).await, 1);

    assert_eq!(recorded(&world, AuditKind::AuthenticatorWaiting).await, 0);
}

#[tokio::test]
async fn wrong_codes_are_one_event_an_hour_and_a_disabled_number_one_and_one_a_day() {
    let limits = Limits { wrong_codes: limit("5/1d"), sms: Limit::OFF, ..unhindered() };
    let mut world = World::limited(limits);
    world.member(1).await;
    world.settle().await;
    Arc::make_mut(&mut world.verification.lockouts.policy).disable_after = 3;

    for day in 1..=2 {
        for place in 0..10 {
            let flow = world.phone_login.start(fixtures::phone(1), None, &stranger(place)).await.unwrap();
            let attempt = world.attempt(&flow, Step::SmsCode).await.unwrap();
            let code = Code::parse("000000").unwrap();
            let denied = world.phone_login.verify(attempt, &code, Carrier::Token, Client::default()).await;
            assert!(matches!(denied, Err(VerifyError::Incorrect { .. })), "{denied:?}");
        }
        assert_eq!(recorded(&world, AuditKind::AuthenticatorDisabled).await, 1 + day);
        world.wait(86_400);
    }
    assert_eq!(recorded(&world, AuditKind::WrongCodesLimited).await, 0);
    Arc::make_mut(&mut world.verification.lockouts.policy).disable_after = 30;
    Arc::make_mut(&mut world.verification.lockouts.limiter).limits =
        Arc::new(Limits { wrong_codes: limit("1/1d"), ..unhindered() });
    for place in 0..10 {
        let flow = world.phone_login.start(fixtures::phone(1), None, &stranger(place)).await.unwrap();
        let attempt = world.attempt(&flow, Step::SmsCode).await.unwrap();
        let code = Code::parse("000000").unwrap();
        world.phone_login.verify(attempt, &code, Carrier::Token, Client::default()).await.unwrap_err();
    }

    assert_eq!(recorded(&world, AuditKind::WrongCodesLimited).await, 1);
}

#[tokio::test]
async fn wrong_secrets_of_resource_servers_are_one_event_a_host() {
    let world = World::new();
    let introspection = &world.introspection;
    let credentials = Credentials { client: None, secret: Secret::new("cs_wrong".to_owned()) };

    for _ in 0..50 {
        for host in [1, 2] {
            let known = introspection.is_for(&credentials, &stranger(host)).await;
            assert!(matches!(known, Ok(false) | Err(AdmitError::Limited { .. })), "{known:?}");
        }
    }

    assert_eq!(recorded(&world, AuditKind::ClientFailuresLimited).await, 2);
}

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

/// Counts takes, and those that ask whether something may be told.
struct Counting {
    inner: Arc<dyn Buckets>,
    taken: AtomicUsize,
    asked: AtomicUsize,
}

#[async_trait]
impl Buckets for Counting {
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        self.taken.fetch_add(1, Ordering::Relaxed);
        if takes.iter().any(|take| take.key.kind == BucketKind::INCIDENTS) {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        self.inner.take(takes, now).await
    }

    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.inner.lease(takes, now).await
    }

    async fn peek(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError> {
        self.inner.peek(takes, now).await
    }

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.inner.refund(takes, now).await
    }

    async fn reset(&self, key: BucketKey) -> Result<(), StoreError> {
        self.inner.reset(key).await
    }

    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.inner.purge_full(before, limit).await
    }
}

/// Lets the node of the phone logins record what it has refused.
async fn record_there(world: &World) {
    world.phone_login.verification.limiter.record_incidents().await.unwrap();
}

#[tokio::test]
async fn a_flood_asks_the_store_once_and_another_node_does_not_tell_it_again() {
    let mut world = World::limited(Limits { ip_sends: limit("1/1d"), ..unhindered() });
    let inner = world.stores.store.clone();
    let counting = Arc::new(Counting { inner, taken: AtomicUsize::new(0), asked: AtomicUsize::new(0) });
    Arc::make_mut(&mut world.phone_login.verification.limiter).buckets =
        Arc::new(BufferedBuckets::new(counting.clone()));

    flood(&world, &stranger(1)).await;
    record_there(&world).await;
    assert_eq!(counting.asked.load(Ordering::Relaxed), 1);
    // Another node remembers nothing of it.
    Arc::make_mut(&mut world.phone_login.verification.limiter).memory = Arc::default();
    world.wait(300);
    flood(&world, &stranger(1)).await;
    record_there(&world).await;

    assert_eq!(counting.asked.load(Ordering::Relaxed), 2);
    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 1);
    world.wait(300);
    flood(&world, &stranger(1)).await;
    record_there(&world).await;
    assert_eq!(recorded(&world, AuditKind::IpSendsLimited).await, 2);
}

#[tokio::test]
async fn a_start_takes_once_whoever_has_the_number_and_twice_where_the_number_has_too_little() {
    let mut world = World::limited(Limits { sms: limit("2/1d"), ..unhindered() });
    world.member(1).await;
    world.wait(86_400);
    let inner = world.stores.store.clone();
    let counting = Arc::new(Counting { inner, taken: AtomicUsize::new(0), asked: AtomicUsize::new(0) });
    Arc::make_mut(&mut world.phone_login.verification.limiter).buckets =
        Arc::new(BufferedBuckets::new(counting.clone()));
    Arc::make_mut(&mut world.phone_login.verification.sms.limiter).buckets =
        Arc::new(BufferedBuckets::new(counting.clone()));

    for n in [1, 9] {
        let mut taken = Vec::new();
        for call in 0..3 {
            world.phone_login.start(fixtures::phone(n), None, &stranger(10 * n + call)).await.unwrap();
            taken.push(counting.taken.swap(0, Ordering::Relaxed));
        }

        assert_eq!(taken, [1, 1, 2], "number {n}");
    }
}

#[tokio::test]
async fn a_registration_takes_for_its_start_and_a_notice_whoever_has_the_address() {
    let mut world = World::limited(Limits { email: limit("4/1d"), ..unhindered() });
    world.member(1).await;
    world.wait(86_400);
    let inner = world.stores.store.clone();
    let counting = Arc::new(Counting { inner, taken: AtomicUsize::new(0), asked: AtomicUsize::new(0) });
    Arc::make_mut(&mut world.registration.verification.limiter).buckets =
        Arc::new(BufferedBuckets::new(counting.clone()));

    for n in [1, 9] {
        let mut taken = Vec::new();
        for call in 0..3 {
            let names = fixtures::names("Ada", "Lovelace");
            let request = request(names, &fixtures::email(n), &fixtures::phone(8), PASSWORD);
            world.registration.request(request, &stranger(10 * n + call)).await.unwrap();
            taken.push(counting.taken.swap(0, Ordering::Relaxed));
        }

        assert_eq!(taken, [2, 2, 3], "address {n}");
    }
}

#[tokio::test]
async fn a_flood_costs_a_statement_a_second_and_whoever_waits_gets_in() {
    let mut world = World::limited(Limits { ip_sends: limit("1/2s"), ..unhindered() });
    let inner = world.stores.store.clone();
    let counting = Arc::new(Counting { inner, taken: AtomicUsize::new(0), asked: AtomicUsize::new(0) });
    Arc::make_mut(&mut world.phone_login.verification.limiter).buckets =
        Arc::new(BufferedBuckets::new(counting.clone()));
    let taken = || counting.taken.swap(0, Ordering::Relaxed);
    flood(&world, &stranger(1)).await;
    taken();

    assert_eq!(flood(&world, &stranger(1)).await, 100);
    assert_eq!(taken(), 0);
    world.wait(1);
    assert_eq!(flood(&world, &stranger(1)).await, 100);
    assert_eq!(taken(), 1);
    world.wait(1);

    assert_eq!(flood(&world, &stranger(1)).await, 99);
}
