use std::{sync::Arc, time::Duration};

use doorward_app::{
    ClockAndIds,
    keys::{
        Begin, EpochState, KeyMaintenance, KeyRotation, Resealing, Retirement, RetirementError, RotationError,
        RotationPolicy,
    },
    limits::Caller,
};
use doorward_crypto::{Keyring, import_verifier};
use doorward_kernel::{AuditKind, Clock, EpochId, KeyEpoch};
use doorward_otp::TotpKeys;
use doorward_testkit::{
    MemoryStore, Stores,
    fakes::{FixedClock, SeededRandom},
    fixtures,
    service::{epoch, keyring, root},
};
use doorward_user::SealedCount;

use crate::world::World;

const DAY: Duration = Duration::from_hours(24);
/// A hash that the Python package bcrypt made, at the least cost.
const BCRYPT: &str = "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de";

/// One database and the nodes on it.
struct Nodes {
    clock: Arc<FixedClock>,
    store: Arc<MemoryStore>,
    stores: Stores,
    keys: Arc<Keyring>,
}

impl Nodes {
    fn new() -> Self {
        Self::of(Arc::default())
    }

    fn of(store: Arc<MemoryStore>) -> Self {
        let clock = Arc::default();
        let keys = keyring(vec![epoch()], &clock, Arc::new(SeededRandom::new(9)));
        Self { clock, stores: Stores::of(store.clone()), store, keys }
    }

    /// A node, whose randomness is its own.
    fn rotation(&self, seed: u64) -> KeyRotation {
        let clock_and_ids = ClockAndIds { clock: self.clock.clone(), random: Arc::new(SeededRandom::new(seed)) };
        KeyRotation {
            clock_and_ids,
            epochs: self.stores.store.clone(),
            root: Arc::new(root()),
            policy: RotationPolicy::default(),
        }
    }

    fn maintenance(&self) -> KeyMaintenance {
        KeyMaintenance {
            clock_and_ids: self.rotation(9).clock_and_ids,
            epochs: self.stores.store.clone(),
            keys: self.keys.clone(),
            seals: self.keys.clone(),
            seed_sealer: self.keys.clone(),
            idle: DAY,
            settling: Duration::from_mins(1),
        }
    }

    /// An account whose password is sealed under the key in use.
    async fn member(&self, n: u32) {
        let user = fixtures::user(n);
        self.stores.registrations().start(fixtures::start_registration(n, &user)).await.unwrap();
        let mut complete = fixtures::complete_registration(n, &user);
        complete.verifier = import_verifier(&self.keys, user.id, BCRYPT).unwrap();
        self.stores.registrations().complete(complete).await.unwrap();
    }

    /// Two epochs, of which the second has just begun.
    async fn rotated(&self) {
        self.stores.key_epochs().add(epoch(), fixtures::audit(1, AuditKind::EpochAdded)).await.unwrap();
        self.rotation(1).rotate(Begin::Now).await.unwrap();
        self.keys.reload(self.stores.key_epochs().list().await.unwrap()).unwrap();
    }
}

fn numbers(epochs: &[KeyEpoch]) -> Vec<i32> {
    epochs.iter().map(|epoch| epoch.id.0).collect()
}

#[tokio::test]
async fn nodes_that_begin_or_rotate_together_have_the_same_epochs() {
    let nodes = Nodes::new();
    let (one, two) = (nodes.rotation(1), nodes.rotation(2));

    let first = (one.begin().await.unwrap(), two.begin().await.unwrap());
    let early = one.keep().await.unwrap();
    nodes.clock.advance(29 * DAY);
    let due = (one.keep().await.unwrap(), two.keep().await.unwrap());

    assert_eq!(first.0, first.1);
    assert_eq!(early, first.0);
    assert_eq!(due.0, due.1);
    assert_eq!(numbers(&due.0), [1, 2]);
    assert_eq!(due.0[1].not_before, nodes.clock.now() + DAY);
    assert_eq!(nodes.store.audit().iter().filter(|event| event.kind == AuditKind::EpochAdded).count(), 2);
}

#[tokio::test]
async fn an_operator_publishes_one_epoch_at_a_time() {
    let nodes = Nodes::new();
    let rotation = nodes.rotation(1);
    rotation.begin().await.unwrap();

    let next = rotation.rotate(Begin::Published).await.unwrap();
    let refused = rotation.rotate(Begin::Published).await;
    let at_once = rotation.rotate(Begin::Now).await.unwrap();

    assert_eq!((next.id, next.not_before), (EpochId(2), nodes.clock.now() + DAY));
    assert!(matches!(refused, Err(RotationError::Published(epoch)) if epoch == next));
    assert_eq!((at_once.id, at_once.not_before), (EpochId(3), nodes.clock.now()));
}

#[tokio::test]
async fn passwords_of_past_epochs_are_moved_and_those_that_cannot_be_are_counted() {
    let nodes = Nodes::new();
    for n in 1..=3 {
        nodes.member(n).await;
    }
    nodes.rotated().await;

    // A node that has not heard of the new key could not read what is moved to it.
    assert_eq!(nodes.maintenance().reseal().await.unwrap(), Resealing::default());
    nodes.clock.advance(Duration::from_mins(1));
    let done = nodes.maintenance().reseal().await.unwrap();
    let again = nodes.maintenance().reseal().await.unwrap();

    assert_eq!((done, again), (Resealing { moved: 3, unreadable: 0 }, Resealing::default()));
    let reports = nodes.maintenance().report().await.unwrap();
    let told: Vec<_> = reports.iter().map(|report| (report.state, report.sealed.accounts)).collect();
    assert_eq!(told, [(EpochState::Past, 0), (EpochState::Current, 3)]);
}

#[tokio::test]
async fn a_tidy_up_waits_for_nodes_and_passwords_and_an_emergency_does_not() {
    let nodes = Nodes::new();
    nodes.member(1).await;
    nodes.rotated().await;
    let maintenance = nodes.maintenance();
    let retire = async |id| maintenance.retire(EpochId(id), Retirement::TidyUp).await;

    assert!(matches!(retire(2).await, Err(RetirementError::Current)));
    assert!(matches!(retire(3).await, Err(RetirementError::NotFound)));
    assert!(
        matches!(retire(1).await, Err(RetirementError::Unsettled { until }) if until == nodes.clock.now() + Duration::from_mins(1))
    );
    nodes.clock.advance(Duration::from_mins(1));
    let sealed = SealedCount { accounts: 1, registrations: 0 };
    assert!(matches!(retire(1).await, Err(RetirementError::Sealed(found)) if found == sealed));
    maintenance.retire(EpochId(1), Retirement::Emergency).await.unwrap();

    assert!(matches!(retire(1).await, Err(RetirementError::AlreadyRetired)));
    let emergency = maintenance.retire(EpochId(2), Retirement::Emergency).await;
    assert!(matches!(emergency, Err(RetirementError::Needed)));
    assert_eq!(maintenance.report().await.unwrap()[0].state, EpochState::Retired);
}

#[tokio::test]
async fn authenticator_apps_move_with_the_passwords_and_hold_up_a_tidy_up() {
    let world = World::new();
    let member = world.member(1).await;
    let setup = world.totp.begin(&member, &Caller::default()).await.unwrap();
    let nodes = Nodes::of(world.store.clone());
    nodes.rotated().await;
    nodes.clock.advance(Duration::from_mins(1));
    let maintenance = nodes.maintenance();

    let held_up = maintenance.retire(EpochId(1), Retirement::TidyUp).await;
    let done = maintenance.reseal_epoch(EpochId(1)).await.unwrap();
    maintenance.retire(EpochId(1), Retirement::TidyUp).await.unwrap();

    assert!(matches!(held_up, Err(RetirementError::SealedSeeds(1))), "{held_up:?}");
    assert_eq!(done, Resealing { moved: 1, unreadable: 0 });
    let sealed = world.stores.authenticators().find(member.user.id).await.unwrap().unwrap().seed;
    assert_eq!(sealed.epoch, EpochId(2));
    let seed = nodes.keys.open_seed(member.user.id, &sealed).unwrap();
    assert_eq!(seed.base32().reveal(), setup.secret.reveal());
}
