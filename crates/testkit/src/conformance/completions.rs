//! Registrations whose code was right.

use std::time::Duration;

use doorward_app::{
    flow::CountOutcome,
    registration::{CompleteRegistration, RegistrationOutcome},
};
use doorward_kernel::{AuditKind, EmailAddress, Locale};
use doorward_otp::{Purpose, Step, Subject, Target};
use doorward_user::User;

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    registrations::{shouted, started},
    scene::{self, account, challenge_now, is_open, is_recorded, registered, registered_as, traces},
};
use crate::fixtures::{
    at, audit, challenge_of, complete_registration, email, names, only_name, start_registration, user, verifier,
};

cases![
    a_completion_makes_the_account,
    every_field_of_an_account_is_kept,
    a_completion_needs_an_open_challenge,
    a_completion_that_fails_leaves_nothing,
    other_registrations_of_the_address_end_and_are_forgotten,
    other_flows_about_the_address_go_on,
    a_taken_address_closes_the_challenge_and_makes_nothing,
    of_many_completions_at_once_one_makes_the_account,
    of_many_registrations_of_one_address_one_makes_an_account,
    a_right_code_among_wrong_ones_wins_before_the_last_try_or_not_at_all,
];

async fn complete(stores: &Stores, complete: CompleteRegistration) -> RegistrationOutcome {
    stores.registrations().complete(complete).await.unwrap()
}

async fn a_completion_makes_the_account(stores: &Stores) {
    let user = user(1);
    let challenge = started(stores, 1, &user).await;
    let complete = complete_registration(1, &user);

    let outcome = stores.registrations().complete(complete.clone()).await.unwrap();

    assert_eq!(outcome, RegistrationOutcome::Registered);
    assert_eq!(account(stores, user.id).await, user);
    assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(1)));
    assert_eq!(challenge_now(stores, complete.continuation.id).await, complete.continuation);
    assert_eq!(challenge_now(stores, challenge).await.closed_at, Some(complete.now));
    assert_eq!(stores.registrations().draft(challenge).await.unwrap(), None);
    assert!(is_recorded(stores, &complete.audit).await);
}

async fn every_field_of_an_account_is_kept(stores: &Stores) {
    let rich = User {
        names: names("नेहा", "Gal·la ʻOkina"),
        email: EmailAddress::parse("O'Neill+Tag@bücher.example").expect("an address"),
        locale: Locale::De,
        totp_enabled_at: Some(at(3)),
        created_at: at(1) + Duration::from_micros(1),
        updated_at: at(2) + Duration::from_micros(2),
        ..user(1)
    };
    let without_phone = User { phone: None, ..user(2) };
    let without_last_name = User { names: only_name("മോഹന\u{d4d}\u{200d}"), ..user(3) };

    for (n, user) in [(1, rich), (2, without_phone), (3, without_last_name)] {
        let user = registered_as(stores, n, user).await;

        assert_eq!(account(stores, user.id).await, user);
        assert_eq!(stores.users().find_by_email(&user.email).await.unwrap(), Some(user));
    }
}

async fn a_completion_needs_an_open_challenge(stores: &Stores) {
    let challenge = started(stores, 1, &user(1)).await;
    let expires_at = challenge_now(stores, challenge).await.expires_at;
    let [expired, unknown] = [complete_registration(1, &user(1)), complete_registration(2, &user(2))];
    let mut exhausted = start_registration(3, &user(3));
    exhausted.flow.challenge.tries = 5;
    stores.registrations().start(exhausted).await.unwrap();
    let before = traces(stores).await;

    for attempt in
        [CompleteRegistration { now: expires_at, ..expired.clone() }, unknown, complete_registration(3, &user(3))]
    {
        let (user, continuation) = (attempt.user.id, attempt.continuation.id);
        assert_eq!(complete(stores, attempt).await, RegistrationOutcome::Closed);
        assert_eq!(stores.users().find_by_id(user).await.unwrap(), None);
        assert_eq!(stores.flows().find(continuation).await.unwrap().map(|flow| flow.challenge), None);
    }

    assert_eq!(traces(stores).await, before);
    assert_eq!(complete(stores, expired).await, RegistrationOutcome::Registered);
    assert_eq!(complete(stores, complete_registration(1, &user(1))).await, RegistrationOutcome::Closed);
}

async fn a_completion_that_fails_leaves_nothing(stores: &Stores) {
    let challenge = started(stores, 1, &user(1)).await;
    let taken = started(stores, 2, &user(2)).await;
    let mut attempt = complete_registration(1, &user(1));
    attempt.continuation.id = taken;

    assert!(stores.registrations().complete(attempt.clone()).await.is_err());

    assert!(is_open(stores, challenge, at(1)).await);
    assert_eq!(stores.users().find_by_id(attempt.user.id).await.unwrap(), None);
    assert!(!is_recorded(stores, &attempt.audit).await);
    assert_eq!(complete(stores, complete_registration(1, &user(1))).await, RegistrationOutcome::Registered);
}

async fn other_registrations_of_the_address_end_and_are_forgotten(stores: &Stores) {
    let same = User { email: shouted(&email(1)), ..user(2) };
    let [first, second, other] =
        [started(stores, 1, &user(1)).await, started(stores, 2, &same).await, started(stores, 3, &user(3)).await];

    complete(stores, complete_registration(1, &user(1))).await;

    assert_eq!(stores.registrations().draft(first).await.unwrap(), None);
    assert_eq!(stores.registrations().draft(second).await.unwrap(), None);
    assert!(!is_open(stores, second, at(1)).await);
    assert_eq!(complete(stores, complete_registration(2, &same)).await, RegistrationOutcome::Closed);
    assert!(is_open(stores, other, at(1)).await);
    assert!(stores.registrations().draft(other).await.unwrap().is_some());
}

async fn other_flows_about_the_address_go_on(stores: &Stores) {
    let owner = registered(stores, 1).await;
    let step = (Purpose::ChangeEmail, Step::EmailCode);
    let change = challenge_of(1, step, Target::Email(email(2)), Subject::Account(owner.id));
    let change = scene::started(stores, 1, change).await;

    registered(stores, 2).await;

    assert!(is_open(stores, change.id, at(1)).await);
}

async fn a_taken_address_closes_the_challenge_and_makes_nothing(stores: &Stores) {
    let owner = registered(stores, 1).await;
    let late = User { email: shouted(&email(1)), ..user(2) };
    let challenge = started(stores, 2, &late).await;
    let before = traces(stores).await;

    let outcome = complete(stores, complete_registration(2, &late)).await;

    assert_eq!(outcome, RegistrationOutcome::EmailTaken);
    assert!(!is_open(stores, challenge, at(1)).await);
    assert_eq!(stores.users().find_by_id(late.id).await.unwrap(), None);
    assert_eq!(stores.users().find_by_email(&late.email).await.unwrap(), Some(owner));
    assert_eq!(
        stores.flows().find(complete_registration(2, &late).continuation.id).await.unwrap().map(|flow| flow.challenge),
        None
    );
    assert_eq!(traces(stores).await, before);
}

async fn of_many_completions_at_once_one_makes_the_account(stores: &Stores) {
    for round in 0..ROUNDS {
        started(stores, round, &user(round)).await;
        let (_, recorded) = traces(stores).await;

        let attempts = (0..CALLS).map(|i| {
            let attempt = complete_registration(round, &user(round));
            let other = complete_registration(round * 100 + i + 1000, &user(round));
            CompleteRegistration { audit: other.audit, continuation: other.continuation, ..attempt }
        });
        let outcomes = race(stores, attempts, |stores, attempt| async move { complete(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &RegistrationOutcome::Registered), 1);
        assert_eq!(count(&outcomes, &RegistrationOutcome::Closed), outcomes.len() - 1);
        assert_eq!(account(stores, user(round).id).await, user(round));
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

async fn of_many_registrations_of_one_address_one_makes_an_account(stores: &Stores) {
    for round in 0..ROUNDS {
        let address = email(round);
        let users: Vec<_> =
            (0..CALLS).map(|i| User { email: address.clone(), ..user(100 * (round + 1) + i) }).collect();
        for (n, user) in (100 * (round + 1)..).zip(&users) {
            started(stores, n, user).await;
        }

        let attempts = (100 * (round + 1)..).zip(&users).map(|(n, user)| complete_registration(n, user));
        let outcomes = race(stores, attempts, |stores, attempt| async move { complete(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &RegistrationOutcome::Registered), 1);
        let owner = stores.users().find_by_email(&address).await.unwrap().expect("somebody won");
        for (n, user) in (100 * (round + 1)..).zip(&users) {
            let continuation = complete_registration(n, user).continuation.id;
            let has_account = stores.users().find_by_id(user.id).await.unwrap().is_some();
            let goes_on = stores.flows().find(continuation).await.unwrap().map(|flow| flow.challenge).is_some();
            assert_eq!((has_account, goes_on), (user.id == owner.id, user.id == owner.id));
        }
    }
}

async fn a_right_code_among_wrong_ones_wins_before_the_last_try_or_not_at_all(stores: &Stores) {
    for round in 0..ROUNDS {
        let challenge = started(stores, round, &user(round)).await;

        let calls = (0..CALLS).map(|i| (round, i));
        let is_right = |i: u32| i == CALLS / 2;
        let counted = race(stores, calls, |stores, (round, i)| async move {
            if is_right(i) {
                complete(&stores, complete_registration(round, &user(round))).await;
                return false;
            }
            let event = audit(round * 100 + i, AuditKind::FlowFailed);
            let outcome = stores.flows().count_wrong(challenge, user(round).created_at, event).await.unwrap();
            outcome != CountOutcome::Closed
        })
        .await;

        let counted = count(&counted, &true);
        let has_account = stores.users().find_by_id(user(round).id).await.unwrap().is_some();
        assert!(if has_account { counted < 5 } else { counted == 5 }, "{counted} counted, account: {has_account}");
        assert_eq!(usize::from(challenge_now(stores, challenge).await.tries), counted);
    }
}
