//! Setups of authenticator apps that nobody has confirmed are forgotten.

use doorward_app::{
    SignedIn,
    totp::{BeginPending, BeginTotp, PendingAuthenticator},
};
use doorward_kernel::{AuditKind, ChangeId};

use super::{
    Stores,
    authenticators::{enrolled, found, member},
    race::{CALLS, race},
    scene::far,
};
use crate::fixtures::{at, audit, begin_totp, id, sealed_seed};

cases![
    setups_from_before_an_instant_are_forgotten_and_confirmed_apps_are_not,
    setups_beside_another_app_are_forgotten_and_the_app_is_not,
    setups_that_many_purge_at_once_are_told_of_once,
];

async fn begun(stores: &Stores, n: u32, seconds: u64) -> SignedIn {
    let member = member(stores, n).await;
    stores.authenticators().begin(BeginTotp { now: at(seconds), ..begin_totp(n, &member) }).await.unwrap();
    member
}

/// One that waits beside the app that is there.
async fn begun_beside(stores: &Stores, n: u32, seconds: u64) -> SignedIn {
    let owner = enrolled(stores, n).await;
    let id = ChangeId::from_bytes(id("setup", n));
    let pending = PendingAuthenticator {
        id,
        user: owner.user.id,
        seed: sealed_seed(50 + n),
        replaces: None,
        begun_at: at(seconds),
        due: None,
    };
    let begin = BeginPending { pending, session: owner.session.id, audit: audit(8000 + n, AuditKind::TotpBegun) };
    stores.pending_authenticators().begin(begin).await.unwrap();
    owner
}

async fn setups_from_before_an_instant_are_forgotten_and_confirmed_apps_are_not(stores: &Stores) {
    let [old, young] = [begun(stores, 1, 59).await, begun(stores, 2, 60).await];
    let confirmed = enrolled(stores, 3).await;

    assert_eq!(stores.authenticators().purge_setups(at(60), 10).await.unwrap(), 1);

    assert_eq!(found(stores, old.user.id).await, None);
    assert!(found(stores, young.user.id).await.is_some());
    assert_eq!(stores.authenticators().purge_setups(far(), 10).await.unwrap(), 1);
    assert!(found(stores, confirmed.user.id).await.is_some_and(|app| app.is_active()));
}

async fn setups_beside_another_app_are_forgotten_and_the_app_is_not(stores: &Stores) {
    let [old, young] = [begun_beside(stores, 1, 59).await, begun_beside(stores, 2, 60).await];

    assert_eq!(stores.pending_authenticators().purge_setups(at(60), 10).await.unwrap(), 1);

    assert_eq!(stores.pending_authenticators().find_of(old.user.id).await.unwrap(), None);
    assert!(stores.pending_authenticators().find_of(young.user.id).await.unwrap().is_some());
    assert!(found(stores, old.user.id).await.is_some_and(|app| app.is_active()));
}

async fn setups_that_many_purge_at_once_are_told_of_once(stores: &Stores) {
    for n in 1..=10 {
        begun(stores, n, 60).await;
    }

    let told =
        race(
            stores,
            0..CALLS,
            |stores, _| async move { stores.authenticators().purge_setups(far(), 3).await.unwrap() },
        )
        .await;

    let rest = stores.authenticators().purge_setups(far(), 10).await.unwrap();
    assert_eq!(told.iter().sum::<u64>() + rest, 10);
    assert!(told.iter().all(|told| *told <= 3), "{told:?}");
}
