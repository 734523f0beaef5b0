//! Claims of a number that more accounts have made than its verification takes away at once.

use std::time::Duration;

use doorward_app::{
    NumberDrop,
    claims::{DropClaims, VoidClaims},
};
use doorward_kernel::{Timestamp, UserId};
use doorward_user::{User, UserPhone};

use super::{
    Stores,
    phone_logins::{claimant, login, open, verifying},
    race::race,
    scene::{account, is_recorded, is_waiting, registered_as},
};
use crate::fixtures::{at, number_verification, phone, user};

cases![
    all_of_250_claimants_lose_a_number_that_another_verifies_in_batches_of_100,
    a_verification_that_names_all_claimants_leaves_no_void_claims,
    who_claims_a_number_after_it_was_verified_keeps_the_claim,
    who_has_verified_the_number_since_or_lost_it_is_not_dropped_or_told,
    of_many_who_drop_the_same_claims_at_once_one_does,
];

/// Accounts that claim number 1, more than two batches hold, and the one that verifies it.
async fn verified_over_250(stores: &Stores) -> (User, Vec<User>) {
    let owner = claimant(stores, 1).await;
    let mut claimants = Vec::new();
    for n in 2..=251 {
        claimants.push(claimant(stores, n).await);
    }
    let challenge = login(stores, 1, &owner).await;
    let seen = stores.users().find_by_phone(&phone(1)).await.unwrap();
    let others: Vec<_> = seen.claimants.into_iter().filter(|claimant| claimant.id != owner.id).collect();
    open(stores, verifying(1, &challenge, &owner, &others)).await;
    (owner, claimants)
}

fn drop_of(n: u32, VoidClaims { number, made_until, claimants }: VoidClaims) -> DropClaims {
    let drops = number_verification(n, &user(1), &number, &claimants).drops;
    DropClaims { number, made_until, drops, now: at(20) }
}

async fn carriers(stores: &Stores, of: &[User]) -> Vec<UserId> {
    let mut carriers = Vec::new();
    for user in of {
        carriers.extend(account(stores, user.id).await.phone.map(|_| user.id));
    }
    carriers
}

async fn all_of_250_claimants_lose_a_number_that_another_verifies_in_batches_of_100(stores: &Stores) {
    let (owner, claimants) = verified_over_250(stores).await;
    assert!(!carriers(stores, &claimants).await.is_empty());

    let mut batches = Vec::new();
    while let Some(void) = stores.claims().find_void().await.unwrap() {
        let drop = drop_of(300 + u32::try_from(batches.len()).unwrap(), void);
        let dropped = stores.claims().drop_void(drop.clone()).await.unwrap();
        assert_eq!(dropped, drop.drops.len() as u64);
        batches.push(drop);
    }

    assert!(batches.len() >= 2 && batches.iter().all(|batch| batch.drops.len() <= 100));
    assert_eq!(carriers(stores, &claimants).await, []);
    assert!(account(stores, owner.id).await.has_verified(&phone(1)));
    let NumberDrop { user, notice, audit } = &batches[0].drops[0];
    assert_eq!(account(stores, *user).await.updated_at, at(20));
    assert!(is_waiting(stores, notice).await);
    assert!(is_recorded(stores, audit).await);
}

async fn a_verification_that_names_all_claimants_leaves_no_void_claims(stores: &Stores) {
    let [owner, other] = [claimant(stores, 1).await, claimant(stores, 2).await];
    let challenge = login(stores, 1, &owner).await;

    open(stores, verifying(1, &challenge, &owner, std::slice::from_ref(&other))).await;

    assert_eq!(stores.claims().find_void().await.unwrap(), None);
}

/// Account `n`, which claims number 1 and was made then.
async fn claimant_since(stores: &Stores, n: u32, created_at: Timestamp) -> User {
    let claim = UserPhone { number: phone(1), verified_at: None };
    registered_as(stores, n, User { phone: Some(claim), created_at, ..user(n) }).await
}

async fn who_claims_a_number_after_it_was_verified_keeps_the_claim(stores: &Stores) {
    let [owner, unseen] = [claimant(stores, 1).await, claimant(stores, 2).await];
    let challenge = login(stores, 1, &owner).await;
    let opening = verifying(1, &challenge, &owner, &[]);
    let verified_at = opening.now;
    open(stores, opening).await;
    let later = claimant_since(stores, 3, verified_at + Duration::from_micros(1)).await;

    let void = stores.claims().find_void().await.unwrap().unwrap();
    assert_eq!(void, VoidClaims { number: phone(1), made_until: verified_at, claimants: vec![unseen.clone()] });
    stores.claims().drop_void(drop_of(4, void)).await.unwrap();

    assert_eq!(stores.claims().find_void().await.unwrap(), None);
    assert_eq!(account(stores, unseen.id).await.phone, None);
    assert_eq!(account(stores, later.id).await, later);
}

async fn who_has_verified_the_number_since_or_lost_it_is_not_dropped_or_told(stores: &Stores) {
    let [first, second, third] = [claimant(stores, 1).await, claimant(stores, 2).await, claimant(stores, 3).await];
    open(stores, verifying(1, &login(stores, 1, &first).await, &first, &[])).await;
    let stale = stores.claims().find_void().await.unwrap().unwrap();
    assert_eq!(stale.claimants, [second.clone(), third.clone()]);
    let drop = drop_of(9, stale);
    open(stores, verifying(2, &login(stores, 2, &second).await, &second, &[first, third.clone()])).await;

    let dropped = stores.claims().drop_void(drop.clone()).await.unwrap();

    assert_eq!(dropped, 0);
    assert!(account(stores, second.id).await.has_verified(&phone(1)));
    for NumberDrop { notice, audit, .. } in &drop.drops {
        assert!(!is_waiting(stores, notice).await);
        assert!(!is_recorded(stores, audit).await);
    }
    assert_eq!(stores.claims().find_void().await.unwrap(), None);
}

async fn of_many_who_drop_the_same_claims_at_once_one_does(stores: &Stores) {
    let (_, claimants) = verified_over_250(stores).await;
    let void = stores.claims().find_void().await.unwrap().unwrap();
    let batch = void.claimants.len() as u64;

    let drops: Vec<_> = (300..308).map(|n| drop_of(n, void.clone())).collect();
    let dropped =
        race(stores, drops, |stores, drop| async move { stores.claims().drop_void(drop).await.unwrap() }).await;

    assert_eq!(dropped.iter().sum::<u64>(), batch);
    assert_eq!(dropped.iter().filter(|dropped| **dropped > 0).count(), 1);
    assert!(carriers(stores, &claimants).await.len() < claimants.len());
}
