//! On their way to an account, which only a proved address has.

use std::time::Duration;

use doorward_app::registration::StartRegistration;
use doorward_kernel::{ChallengeId, EmailAddress, Locale};
use doorward_notifier::NoticeTemplate;
use doorward_otp::{Challenge, Subject};
use doorward_user::User;

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
    scene::{challenge_now, is_id_waiting, is_open, is_recorded, traces, waiting},
};
use crate::fixtures::{at, draft, email, message, names, notice, now, only_name, start_registration, user};

pub(super) async fn started(stores: &Stores, n: u32, user: &User) -> ChallengeId {
    let start = start_registration(n, user);
    let challenge = start.challenge.id;
    stores.registrations.start(start).await.unwrap();
    challenge
}

/// The address in capitals: the same one.
pub(super) fn shouted(email: &EmailAddress) -> EmailAddress {
    let local = email.local_part();
    EmailAddress::parse(&email.as_str().replacen(local, &local.to_uppercase(), 1)).expect("an address")
}

/// An attempt to register an address that has an account.
fn decoy(n: u32, target: &EmailAddress, seconds: u64) -> StartRegistration {
    let start = start_registration(n, &User { email: target.clone(), ..user(n) });
    let challenge =
        Challenge { subject: Subject::Decoy, created_at: at(seconds), sent_at: at(seconds), ..start.challenge };
    StartRegistration { challenge, message: Some(notice(n, NoticeTemplate::AlreadyRegistered, target)), ..start }
}

async fn is_sent(stores: &Stores, start: &StartRegistration) -> bool {
    match &start.message {
        Some(message) => is_id_waiting(stores, message.id).await,
        None => false,
    }
}

pub async fn a_start_that_sends_nothing_leaves_all_but_a_message(stores: &Stores) {
    let start = StartRegistration { message: None, ..decoy(1, &email(1), 10) };

    stores.registrations.start(start.clone()).await.unwrap();

    assert_eq!(challenge_now(stores, start.challenge.id).await, start.challenge);
    assert_eq!(stores.registrations.draft(start.challenge.id).await.unwrap(), Some(start.draft));
    assert_eq!(waiting(stores).await, []);
    assert_eq!(stores.audit.events().await, [start.audit]);
}

pub async fn a_start_writes_challenge_draft_message_and_event(stores: &Stores) {
    let start = start_registration(1, &user(1));

    stores.registrations.start(start.clone()).await.unwrap();

    assert_eq!(challenge_now(stores, start.challenge.id).await, start.challenge);
    assert_eq!(stores.registrations.draft(start.challenge.id).await.unwrap(), Some(start.draft));
    assert_eq!(waiting(stores).await, Vec::from_iter(start.message));
    assert_eq!(stores.audit.events().await, [start.audit]);
}

pub async fn a_start_makes_no_account(stores: &Stores) {
    let user = user(1);

    started(stores, 1, &user).await;

    assert_eq!(stores.users.find_by_email(&user.email).await.unwrap(), None);
    assert_eq!(stores.users.find_by_id(user.id).await.unwrap(), None);
}

pub async fn a_start_that_fails_leaves_nothing(stores: &Stores) {
    stores
        .registrations
        .start(StartRegistration { message: Some(message(1)), ..start_registration(1, &user(1)) })
        .await
        .unwrap();
    let before = traces(stores).await;
    let start = StartRegistration { message: Some(message(1)), ..start_registration(2, &user(2)) };

    assert!(stores.registrations.start(start.clone()).await.is_err());

    assert_eq!(stores.challenges.find(start.challenge.id).await.unwrap(), None);
    assert_eq!(stores.registrations.draft(start.challenge.id).await.unwrap(), None);
    assert_eq!(traces(stores).await, before);
}

pub async fn an_unknown_registration_has_no_draft(stores: &Stores) {
    assert_eq!(stores.registrations.draft(ChallengeId::from_bytes([9; 16])).await.unwrap(), None);
}

pub async fn one_address_may_be_registered_many_times_at_once(stores: &Stores) {
    let first = started(stores, 1, &user(1)).await;
    let second = started(stores, 2, &User { email: shouted(&email(1)), ..user(2) }).await;

    assert!(is_open(stores, first, at(1)).await);
    assert!(is_open(stores, second, at(1)).await);
}

pub async fn the_owner_of_an_address_is_told_once_in_a_while(stores: &Stores) {
    let first = decoy(1, &email(1), 10);
    let quiet = StartRegistration { quiet_since: at(10), ..decoy(2, &shouted(&email(1)), 20) };
    let later = StartRegistration { quiet_since: at(20) + Duration::from_micros(1), ..decoy(3, &email(1), 30) };
    let elsewhere = StartRegistration { quiet_since: at(10), ..decoy(4, &email(4), 30) };

    for start in [&first, &quiet, &later, &elsewhere] {
        stores.registrations.start(start.clone()).await.unwrap();
    }

    assert!(is_sent(stores, &first).await);
    assert!(!is_sent(stores, &quiet).await);
    assert!(is_sent(stores, &later).await);
    assert!(is_sent(stores, &elsewhere).await);
    let waiting = waiting(stores).await;
    for (start, is_quiet) in [(&first, false), (&quiet, true), (&later, false), (&elsewhere, false)] {
        assert_eq!(start.instead.iter().all(|instead| waiting.contains(instead)), is_quiet);
    }
    assert_eq!(challenge_now(stores, quiet.challenge.id).await, quiet.challenge);
    assert!(is_recorded(stores, &quiet.audit).await);
}

pub async fn a_real_registration_always_sends_its_code(stores: &Stores) {
    stores.registrations.start(decoy(1, &email(1), 10)).await.unwrap();
    let first = StartRegistration { quiet_since: now(), ..start_registration(2, &User { email: email(1), ..user(2) }) };
    let second =
        StartRegistration { quiet_since: now(), ..start_registration(3, &User { email: email(1), ..user(3) }) };

    for start in [&first, &second] {
        stores.registrations.start(start.clone()).await.unwrap();

        assert!(is_sent(stores, start).await);
    }
}

pub async fn a_real_registration_quiets_no_notice(stores: &Stores) {
    started(stores, 1, &user(1)).await;
    let decoy = StartRegistration { quiet_since: now(), ..decoy(2, &email(1), 10) };

    stores.registrations.start(decoy.clone()).await.unwrap();

    assert!(is_sent(stores, &decoy).await);
}

pub async fn of_many_decoys_at_once_one_sends_its_notice(stores: &Stores) {
    for round in 0..ROUNDS {
        let decoys: Vec<_> = (0..CALLS).map(|i| decoy(round * 100 + i, &email(round), 10)).collect();
        race(stores, decoys.clone(), |stores, start| async move { stores.registrations.start(start).await.unwrap() })
            .await;

        let waiting = waiting(stores).await;
        let is_told = |decoy: &&StartRegistration| decoy.message.iter().all(|message| waiting.contains(message));
        assert_eq!(decoys.iter().filter(is_told).count(), 1);
        for decoy in decoys {
            assert_eq!(challenge_now(stores, decoy.challenge.id).await, decoy.challenge);
        }
    }
}

pub async fn a_draft_keeps_all_that_was_given(stores: &Stores) {
    let rich = User { names: names("李", "J. R. R."), locale: Locale::De, ..user(1) };
    let without_last_name = User { names: only_name("李"), ..user(2) };

    for (n, user) in [(1, rich), (2, without_last_name)] {
        let challenge = started(stores, n, &user).await;

        assert_eq!(stores.registrations.draft(challenge).await.unwrap(), Some(draft(n, &user)));
    }
}
