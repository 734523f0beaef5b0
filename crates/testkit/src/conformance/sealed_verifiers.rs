//! Passwords by the key they are sealed under.

use doorward_kernel::{ChallengeId, Timestamp, UserId};
use doorward_user::{PasswordVerifier, Resealed, SealedCount, User};

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
    scene::{account, far},
};
use crate::fixtures::{at, complete_registration, now, start_registration, user, user_id};

cases![
    verifiers_are_counted_by_their_key,
    registrations_count_while_they_are_open,
    verifiers_are_listed_by_user_in_batches,
    a_replaced_verifier_is_under_its_new_key_and_nothing_else_has_changed,
    a_verifier_that_has_changed_is_left_alone,
    nothing_to_replace_replaces_nothing,
    of_many_nodes_that_replace_one_verifier_one_does,
    batches_that_overlap_in_any_order_are_done,
    every_kind_of_verifier_is_told_once_while_it_is_on_file,
    where_nobody_has_a_verifier_there_is_no_kind,
];

/// The keys of epochs 1 and 2, and one that looks like them.
const KEYS: [&str; 3] = ["AAAAAQ", "AAAAAg", "AAAA+/"];

fn sealed(key_id: &str, n: u32) -> PasswordVerifier {
    PasswordVerifier::from_text(format!("$argon2id$v=19$m=8,t=1,p=1,keyid={key_id}$c2FsdA${n:08}"))
}

/// Starts the registration of account `n` with a verifier under the key.
async fn draft(stores: &Stores, n: u32, key_id: &str) -> ChallengeId {
    let mut start = start_registration(n, &user(n));
    start.draft.verifier = sealed(key_id, n);
    let challenge = start.flow.challenge.id;
    stores.registrations().start(start).await.unwrap();
    challenge
}

/// Makes account `n` with a verifier under the key.
async fn member(stores: &Stores, n: u32, key_id: &str) -> User {
    draft(stores, n, key_id).await;
    let mut complete = complete_registration(n, &user(n));
    complete.verifier = sealed(key_id, n);
    stores.registrations().complete(complete).await.unwrap();
    user(n)
}

async fn count(stores: &Stores, key_id: &str, now: Timestamp) -> (u64, u64) {
    let SealedCount { accounts, registrations } = stores.key_epochs().count_verifiers(key_id, now).await.unwrap();
    (accounts, registrations)
}

fn resealed(n: u32, from: &str, to: &str) -> Resealed {
    Resealed { user: user_id(n), from: sealed(from, n), to: sealed(to, n) }
}

async fn verifier(stores: &Stores, user: UserId) -> PasswordVerifier {
    stores.users().verifier(user).await.unwrap().expect("the account exists")
}

async fn verifiers_are_counted_by_their_key(stores: &Stores) {
    for (n, key_id) in [(1, KEYS[0]), (2, KEYS[0]), (3, KEYS[1])] {
        member(stores, n, key_id).await;
    }

    assert_eq!(count(stores, KEYS[0], now()).await, (2, 0));
    assert_eq!(count(stores, KEYS[1], now()).await, (1, 0));
    assert_eq!(count(stores, KEYS[2], now()).await, (0, 0));
}

async fn registrations_count_while_they_are_open(stores: &Stores) {
    draft(stores, 1, KEYS[0]).await;
    draft(stores, 2, KEYS[1]).await;

    assert_eq!(count(stores, KEYS[0], now()).await, (0, 1));
    assert_eq!(count(stores, KEYS[0], far()).await, (0, 0));
}

async fn verifiers_are_listed_by_user_in_batches(stores: &Stores) {
    for (n, key_id) in [(1, KEYS[0]), (2, KEYS[1]), (3, KEYS[0]), (4, KEYS[0])] {
        member(stores, n, key_id).await;
    }
    let mut expected: Vec<_> = [1, 3, 4].map(|n| (user_id(n), sealed(KEYS[0], n))).into();
    expected.sort_by_key(|(id, _)| *id);

    let first = stores.key_epochs().verifiers(KEYS[0], None, 2).await.unwrap();
    let rest = stores.key_epochs().verifiers(KEYS[0], Some(first[1].0), 2).await.unwrap();
    let end = stores.key_epochs().verifiers(KEYS[0], Some(rest[0].0), 2).await.unwrap();

    assert_eq!([first, rest].concat(), expected);
    assert_eq!(end, []);
}

async fn a_replaced_verifier_is_under_its_new_key_and_nothing_else_has_changed(stores: &Stores) {
    let one = member(stores, 1, KEYS[0]).await;
    let two = member(stores, 2, KEYS[0]).await;
    let events = stores.audit.events().await.len();

    let replaced = stores.key_epochs().reseal_verifiers(vec![resealed(1, KEYS[0], KEYS[1])]).await.unwrap();

    assert_eq!(replaced, 1);
    assert_eq!(verifier(stores, one.id).await, sealed(KEYS[1], 1));
    assert_eq!(verifier(stores, two.id).await, sealed(KEYS[0], 2));
    assert_eq!(account(stores, one.id).await, one);
    assert_eq!((count(stores, KEYS[0], at(9)).await, count(stores, KEYS[1], at(9)).await), ((1, 0), (1, 0)));
    assert_eq!(stores.audit.events().await.len(), events);
}

async fn a_verifier_that_has_changed_is_left_alone(stores: &Stores) {
    let one = member(stores, 1, KEYS[1]).await;
    member(stores, 2, KEYS[0]).await;

    let batch = [1, 2, 3].map(|n| resealed(n, KEYS[0], KEYS[2])).into();
    let replaced = stores.key_epochs().reseal_verifiers(batch).await.unwrap();

    assert_eq!(replaced, 1);
    assert_eq!(verifier(stores, one.id).await, sealed(KEYS[1], 1));
}

async fn nothing_to_replace_replaces_nothing(stores: &Stores) {
    assert_eq!(stores.key_epochs().reseal_verifiers(Vec::new()).await.unwrap(), 0);
}

async fn of_many_nodes_that_replace_one_verifier_one_does(stores: &Stores) {
    for n in 1..=ROUNDS {
        member(stores, n, KEYS[0]).await;
        let calls = (0..CALLS).map(|i| Resealed { to: sealed(KEYS[1], 1_000 + i), ..resealed(n, KEYS[0], KEYS[1]) });

        let replaced =
            race(
                stores,
                calls,
                |stores, one| async move { stores.key_epochs().reseal_verifiers(vec![one]).await.unwrap() },
            )
            .await;

        assert_eq!(replaced.iter().sum::<u64>(), 1);
    }
}

async fn batches_that_overlap_in_any_order_are_done(stores: &Stores) {
    for n in 1..=8 {
        member(stores, n, KEYS[0]).await;
    }
    let batches = (0..CALLS).map(|i| {
        let mut batch: Vec<_> = (1..=8).map(|n| resealed(n, KEYS[0], KEYS[1])).collect();
        batch.rotate_left(i as usize % 8);
        batch
    });

    let replaced =
        race(
            stores,
            batches,
            |stores, batch| async move { stores.key_epochs().reseal_verifiers(batch).await.unwrap() },
        )
        .await;

    assert_eq!(replaced.iter().sum::<u64>(), 8);
    assert_eq!(count(stores, KEYS[1], now()).await, (8, 0));
}

async fn every_kind_of_verifier_is_told_once_while_it_is_on_file(stores: &Stores) {
    let texts = ["$b$keyid=AAAAAQ$1", "$a$m=8,keyid=AAAAAg$2", "$b$keyid=AAAAAg$keyid=", "!", "keyid=AAAAAQ$1"];
    for (n, text) in (1..).zip(texts) {
        draft(stores, n, KEYS[0]).await;
        let mut complete = complete_registration(n, &user(n));
        complete.verifier = PasswordVerifier::from_text(text.to_owned());
        stores.registrations().complete(complete).await.unwrap();
    }
    draft(stores, 9, KEYS[0]).await;

    assert_eq!(stores.key_epochs().verifier_kinds().await.unwrap(), ["$a$m=8,", "$b$"]);

    let (from, to) = (PasswordVerifier::from_text(texts[1].to_owned()), sealed(KEYS[0], 2));
    stores.key_epochs().reseal_verifiers(vec![Resealed { user: user_id(2), from, to }]).await.unwrap();
    assert_eq!(stores.key_epochs().verifier_kinds().await.unwrap(), ["$argon2id$v=19$m=8,t=1,p=1,", "$b$"]);
}

async fn where_nobody_has_a_verifier_there_is_no_kind(stores: &Stores) {
    assert_eq!(stores.key_epochs().verifier_kinds().await.unwrap(), [""; 0]);
}
