//! Prefixes whose codes nobody types in.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use doorward_app::{
    flow::{FlowKind, FlowView, LoginStep},
    limits::{BufferedBuckets, Caller},
};
use doorward_kernel::{AuditEvent, AuditKind, Client, Clock, PhoneNumber, StoreError, Timestamp};
use doorward_limit::{ConversionBreaker, ConversionBreakers, Limit, Limits, SmsDestination};
use doorward_notifier::SendError;
use doorward_otp::{Code, Step};
use doorward_session::Carrier;
use doorward_testkit::{LockedBuckets, MemoryStore, fixtures};

use crate::world::{World, of_identifiers, stranger};

async fn start(world: &World, number: &PhoneNumber, caller: &Caller) -> FlowView {
    world.phone_login.start(number.clone(), None, caller).await.unwrap()
}

async fn enter(world: &World, flow: &FlowView, code: &Code, caller: &Caller) -> LoginStep {
    let attempt = world.verification.find_open(world.id(flow), &[Step::PhoneCode], caller).await.unwrap();
    world.phone_login.verify(attempt, code, Carrier::Token, Client::default()).await.unwrap()
}

fn recorded(world: &World, kind: AuditKind) -> usize {
    world.store.audit().iter().filter(|event| event.kind == kind).count()
}

/// Numbers that share their first eight digits: 1 415 555 2xxx.
fn pumped(n: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+14155552{:03}", n % 100), None).unwrap()
}

/// Accounts that claim the numbers, so that every login would send.
async fn claimants(world: &World) {
    for n in 0..100 {
        let user = doorward_user::User {
            phone: Some(doorward_user::UserPhone { number: pumped(n), verified_at: None }),
            ..fixtures::user(n)
        };
        world.stores.registrations().start(fixtures::start_registration(n, &user)).await.unwrap();
        world.stores.registrations().complete(fixtures::complete_registration(n, &user)).await.unwrap();
    }
    world.deliver().await;
}

#[tokio::test]
async fn thirteen_thousand_logins_from_twenty_thousand_addresses_send_fifty_sms_to_one_prefix() {
    let mut world = World::limited(Limits { sms_rate: Limit::OFF, ..Limits::default() });
    claimants(&world).await;
    // The memory store copies all it has at every step; buckets of its own are as good, and quick.
    let buckets = Arc::new(BufferedBuckets::new(Arc::new(LockedBuckets::default())));
    Arc::make_mut(&mut world.phone_login.verification.limiter).buckets = buckets.clone();
    Arc::make_mut(&mut world.phone_login.verification.phone_gate.limiter).buckets = buckets;
    let sent = world.sms.sent().len();

    // In a day, one every six seconds, each from an address of its own.
    let mut shapes = std::collections::BTreeSet::new();
    for request in 0..13_000 {
        let flow = start(&world, &pumped(request), &stranger(request * 20_000 / 13_000)).await;
        shapes.insert((flow.next.as_str(), flow.channel.as_str(), flow.attempts_left));
        world.wait(6);
        // Often enough that no message is too old to be sent.
        if request % 40 == 0 {
            world.deliver().await;
            world.stores.flows().purge_ended(FlowKind::Other, world.clock.now(), 1000).await.unwrap();
        }
    }
    world.deliver().await;

    assert_eq!(shapes.len(), 1);
    assert_eq!(world.sms.sent().len() - sent, 50);
}

#[tokio::test]
async fn codes_that_came_back_a_moment_ago_keep_a_prefix_open() {
    let off = || Limit::OFF;
    let world = World::limited(Limits { sms_prefix: off(), sms_country: off(), sms_budget: off(), ..of_identifiers() });
    claimants(&world).await;

    for n in 0..60 {
        let flow = start(&world, &pumped(n), &stranger(n)).await;
        while world.delivery.run_once().await.unwrap().claimed > 0 {}
        let code = world.sms.last_code(pumped(n).as_str());
        let code = code.unwrap_or_else(|| panic!("the code for number {n} was held back"));
        let code = Code::parse(&code).unwrap();
        assert!(matches!(enter(&world, &flow, &code, &stranger(n)).await, LoginStep::More(_)));
    }
}

#[tokio::test]
async fn people_who_type_their_codes_in_keep_a_prefix_open() {
    let world = World::limited(of_identifiers());
    claimants(&world).await;

    for n in 0..80 {
        let caller = stranger(n);
        let flow = start(&world, &pumped(n), &caller).await;
        let code = world.code(pumped(n).as_str()).await;
        if n % 3 != 0 {
            assert!(matches!(enter(&world, &flow, &code, &caller).await, LoginStep::More(_)));
        }
        world.wait(600);
    }

    assert_eq!(recorded(&world, AuditKind::SmsPrefixLimited), 0);
}

#[tokio::test]
async fn a_code_that_is_entered_again_and_again_is_one_that_came_back() {
    let world = World::limited(Limits { sms_prefix: Limit::OFF, sms_country: Limit::OFF, ..of_identifiers() });
    claimants(&world).await;
    let mut flows = Vec::new();
    for n in 0..10 {
        flows.push(start(&world, &pumped(n), &stranger(n)).await);
    }
    let code = world.code(pumped(0).as_str()).await;

    for _ in 0..10 {
        assert!(matches!(enter(&world, &flows[0], &code, &stranger(0)).await, LoginStep::More(_)));
    }
    world.settle().await;

    let found = world.stores.conversion_breakers().find(SmsDestination::of(&pumped(0)).to_vec()).await.unwrap();
    let came_back = |destination: &ConversionBreaker| destination.sends.iter().filter(|send| send.is_verified).count();
    assert_eq!(
        found.iter().map(|(_, destination)| (destination.sends.len(), came_back(destination))).collect::<Vec<_>>(),
        [(10, 1), (10, 1)]
    );
}

#[tokio::test]
async fn what_was_asked_for_before_the_prefix_closed_is_not_sent_after_it() {
    let world = World::limited(Limits { sms_prefix: Limit::OFF, sms_country: Limit::OFF, ..of_identifiers() });
    claimants(&world).await;
    let sent = world.sms.sent().len();
    for n in 0..60 {
        start(&world, &pumped(n), &stranger(n)).await;
    }
    assert_eq!(recorded(&world, AuditKind::SmsPrefixLimited), 0);

    world.deliver().await;

    assert_eq!(world.sms.sent().len() - sent, 50);
    assert_eq!(recorded(&world, AuditKind::SmsPrefixLimited), 10);
    let dropped = world.store.audit().into_iter().filter(|event| event.kind == AuditKind::SmsPrefixLimited);
    assert!(dropped.into_iter().all(|event| event.challenge.is_some()));
}

#[tokio::test]
async fn a_prefix_that_strangers_have_stopped_sends_to_who_has_verified_a_number_of_it() {
    let world = World::limited(Limits { sms_prefix: Limit::OFF, sms_country: Limit::OFF, ..of_identifiers() });
    let owner = world.member(200).await.user.phone.unwrap().number;
    claimants(&world).await;
    for n in 0..60 {
        start(&world, &pumped(n), &stranger(n)).await;
    }
    world.deliver().await;
    world.settle().await;
    let sent = world.sms.sent().len();

    start(&world, &pumped(70), &stranger(70)).await;
    world.deliver().await;
    assert_eq!(world.sms.sent().len(), sent, "the prefix is not stopped");
    start(&world, &owner, &stranger(71)).await;
    world.deliver().await;

    assert_eq!(world.sms.sent().len(), sent + 1);
}

#[tokio::test]
async fn an_sms_that_is_tried_again_is_counted_once_and_one_to_its_owner_never() {
    let world = World::limited(of_identifiers());
    let owner = world.member(200).await.user.phone.unwrap().number;
    claimants(&world).await;
    let counted = async || {
        let found = world.stores.conversion_breakers().find(SmsDestination::of(&owner).to_vec()).await.unwrap();
        found.iter().map(|(_, destination)| destination.sends.len()).collect::<Vec<_>>()
    };
    let (before, sent) = (counted().await, world.sms.sent().len());

    start(&world, &owner, &stranger(1)).await;
    world.deliver().await;
    assert_eq!(counted().await, before);

    world.sms.fail_next(SendError::transient("busy"));
    start(&world, &pumped(1), &stranger(2)).await;
    world.deliver().await;
    world.wait(60);
    world.deliver().await;
    assert_eq!(counted().await, before.iter().map(|count| count + 1).collect::<Vec<_>>());
    assert_eq!(world.sms.sent().len(), sent + 2);
}

#[tokio::test]
async fn an_sms_that_waits_for_its_provider_is_not_counted_until_it_is_tried() {
    let world = World::limited(of_identifiers());
    claimants(&world).await;
    let counted = async || {
        world.stores.conversion_breakers().find(SmsDestination::of(&pumped(1)).to_vec()).await.unwrap()[0].1.sends.len()
    };
    for n in 0..5 {
        world.sms.fail_next(SendError::unavailable("away"));
        start(&world, &pumped(n), &stranger(n)).await;
    }
    world.deliver().await;
    start(&world, &pumped(5), &stranger(5)).await;
    world.deliver().await;
    assert_eq!(counted().await, 5, "the sixth was not tried");

    let sent = world.sms.sent().len();
    while world.sms.sent().len() < sent + 6 {
        world.wait(10);
        world.deliver().await;
    }

    assert_eq!(counted().await, 6);
}

/// ConversionBreakers that count how often they are asked, and how often written to.
struct Watched {
    store: Arc<MemoryStore>,
    asked: AtomicU32,
    written: AtomicU32,
}

impl Watched {
    fn of(world: &World) -> Arc<Self> {
        Arc::new(Self { store: world.store.clone(), asked: AtomicU32::new(0), written: AtomicU32::new(0) })
    }
}

#[async_trait]
impl ConversionBreakers for Watched {
    async fn find(
        &self,
        destinations: Vec<SmsDestination>,
    ) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        ConversionBreakers::find(&*self.store, destinations).await
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        ConversionBreakers::closed(&*self.store, limit).await
    }

    async fn try_send(
        &self,
        destinations: Vec<SmsDestination>,
        now: Timestamp,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        self.written.fetch_add(1, Ordering::Relaxed);
        self.store.try_send(destinations, now).await
    }

    async fn verified(
        &self,
        destinations: Vec<SmsDestination>,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.store.verified(destinations, sent_at, now).await
    }

    async fn reopen(&self, destination: SmsDestination, audit: AuditEvent) -> Result<bool, StoreError> {
        self.store.reopen(destination, audit).await
    }

    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.paused_since().await
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.store.pause(now, audit).await
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.store.resume(audit).await
    }

    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        ConversionBreakers::purge_untouched(&*self.store, before, limit).await
    }
}

#[tokio::test]
async fn a_start_asks_no_destination_whether_a_number_is_nobodys_claimed_or_verified() {
    let mut world = World::limited(of_identifiers());
    claimants(&world).await;
    world.member(200).await;
    let watched = Watched::of(&world);
    world.phone_login.verification.phone_gate.conversion_breakers = watched.clone();

    for number in [fixtures::phone(300), pumped(1), fixtures::phone(200)] {
        start(&world, &number, &stranger(1)).await;
        assert_eq!(watched.asked.load(Ordering::Relaxed), 0, "{number:?}");
        assert_eq!(watched.written.load(Ordering::Relaxed), 0, "{number:?}");
    }
}

#[tokio::test]
async fn the_code_of_the_owner_of_a_number_is_looked_for_on_no_destination() {
    let mut world = World::limited(of_identifiers());
    let owner = world.member(200).await.user.phone.unwrap().number;
    claimants(&world).await;
    world.settle().await;
    let watched = Watched::of(&world);
    world.phone_login.verification.phone_gate.conversion_breakers = watched.clone();

    for (number, looked_for) in [(owner, 0), (pumped(1), 1)] {
        let flow = start(&world, &number, &stranger(1)).await;
        let code = world.code(number.as_str()).await;
        enter(&world, &flow, &code, &stranger(1)).await;
        world.phone_login.verification.phone_gate.keep_in_step().await.unwrap();

        assert_eq!(watched.asked.load(Ordering::Relaxed), looked_for, "{number:?}");
    }
}
