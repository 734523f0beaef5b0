//! The statements that refusals cost the store.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use doorward_app::limits::BufferedBuckets;
use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{BucketKind, Buckets, Leased, Limits, Take, TakeOutcome};
use doorward_testkit::fixtures;

use super::{flood, limit, recorded, unhindered};
use crate::world::{PASSWORD, World, request, stranger};

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

    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError> {
        self.inner.refund(takes, now).await
    }

    async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError> {
        self.inner.clear_tries(authenticator).await
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
    Arc::make_mut(&mut world.phone_login.verification.phone_gate.limiter).buckets =
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
