//! A new number, once its code was right.

use doorward_app::profile::{CompletePhone, IdentifierOutcome};
use doorward_kernel::{AuditKind, PhoneNumber};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};
use doorward_session::Session;
use doorward_user::{User, UserPhone};

use super::{
    Stores,
    phone_verifications::MAX_RETRIES,
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, disabled, is_id_waiting, is_live, is_open, is_recorded, is_waiting,
        registered, registered_as, session_now, signed_in, started, traces, waiting,
    },
};
use crate::fixtures::{at, audit, challenge_of, number_verification, open_session, phone, phone_change, user};

cases![
    a_new_number_whose_session_has_ended_is_void,
    the_new_number_takes_the_place_of_the_old,
    those_who_carry_the_number_lose_it_and_are_told,
    other_sessions_end_and_the_kept_one_goes_on,
    without_a_session_all_of_them_end,
    a_change_needs_an_open_challenge,
    the_challenge_of_a_disabled_account_is_closed,
    a_number_that_somebody_else_verified_is_taken_until_one_retries,
    a_change_that_fails_leaves_nothing,
    of_many_right_codes_at_once_one_changes_the_number,
    of_many_who_verify_one_number_at_once_one_owns_it,
    a_login_and_a_change_that_verify_one_number_leave_one_owner,
];

fn change_to(n: u32, user: &User, to: &PhoneNumber) -> Challenge {
    let step = (Purpose::ChangePhone, Step::PhoneCode);
    challenge_of(n, step, Target::Phone(to.clone()), Subject::Account(user.id))
}

fn complete(n: u32, user: &User, to: &PhoneNumber, others: &[User]) -> CompletePhone {
    let challenge = change_to(n, user, to).id;
    let (number_verification, change) =
        (number_verification(1000 + n, user, to, others), Some(phone_change(n, user, to)));
    CompletePhone { challenge, user: user.id, session: None, number_verification, change, now: at(60) }
}

/// A started change of number that takes it from nobody.
pub(super) async fn asked(stores: &Stores, n: u32, user: &User, to: &PhoneNumber) -> CompletePhone {
    started(stores, n, change_to(n, user, to)).await;
    complete(n, user, to, &[])
}

pub(super) async fn change(stores: &Stores, complete: CompletePhone) -> IdentifierOutcome {
    stores.profiles().complete_phone(complete).await.unwrap()
}

/// The account, now that it owns the number.
fn owner_of(number: &PhoneNumber, user: &User) -> User {
    let phone = UserPhone { number: number.clone(), verified_at: Some(at(60)) };
    User { phone: Some(phone), updated_at: at(60), ..user.clone() }
}

async fn a_new_number_whose_session_has_ended_is_void(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let attempt = asked(stores, 2, &signed_in.user, &phone(2)).await;
    stores.sessions().end(signed_in.session.id, at(30), audit(1, AuditKind::SessionEnded)).await.unwrap();

    let outcome = change(stores, CompletePhone { session: Some(signed_in.session.id), ..attempt }).await;

    assert_eq!(outcome, IdentifierOutcome::Closed);
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
}

async fn the_new_number_takes_the_place_of_the_old(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let attempt = asked(stores, 2, &user, &phone(2)).await;

    let outcome = change(stores, attempt.clone()).await;

    let expected = owner_of(&phone(2), &user);
    assert_eq!(outcome, IdentifierOutcome::Changed(expected.clone()));
    assert_eq!(stores.users().find_by_phone(&phone(2)).await.unwrap().owner, Some(expected));
    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap().owner, None);
    assert_eq!(challenge_now(stores, attempt.challenge).await.closed_at, Some(at(60)));
    assert!(is_waiting(stores, &attempt.number_verification.notice).await);
    assert!(is_recorded(stores, &attempt.number_verification.audit).await);
}

async fn those_who_carry_the_number_lose_it_and_are_told(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    let owner = signed_in(stores, 2).await;
    let claim = UserPhone { number: phone(2), verified_at: None };
    let claimant = registered_as(stores, 3, User { phone: Some(claim), ..crate::fixtures::user(3) }).await;
    let elsewhere = signed_in(stores, 4).await.user;
    asked(stores, 5, &user, &phone(2)).await;
    let attempt = complete(5, &user, &phone(2), &[owner.user.clone(), claimant.clone(), elsewhere.clone()]);

    let outcome = change(stores, attempt.clone()).await;

    assert_eq!(outcome, IdentifierOutcome::Changed(owner_of(&phone(2), &user)));
    for loser in [&owner.user, &claimant] {
        assert_eq!(account(stores, loser.id).await, User { phone: None, updated_at: at(60), ..loser.clone() });
    }
    assert_eq!(account(stores, elsewhere.id).await, elsewhere);
    for drop in &attempt.number_verification.drops {
        let is_told = drop.user != elsewhere.id;
        assert_eq!(is_id_waiting(stores, drop.notice.id).await, is_told);
        assert_eq!(is_recorded(stores, &drop.audit).await, is_told);
    }
    assert!(is_live(stores, owner.session.id).await);
}

async fn other_sessions_end_and_the_kept_one_goes_on(stores: &Stores) {
    let kept = signed_in(stores, 1).await;
    let other = another_session(stores, 2, &kept.user).await;
    let attempt = asked(stores, 3, &kept.user, &phone(3)).await;

    change(stores, CompletePhone { session: Some(kept.session.id), ..attempt }).await;

    assert_eq!(session_now(stores, kept.session.id).await, kept.session);
    assert_eq!(session_now(stores, other.session.id).await, Session { ended_at: Some(at(60)), ..other.session });
}

async fn without_a_session_all_of_them_end(stores: &Stores) {
    let only = signed_in(stores, 1).await;
    let attempt = asked(stores, 2, &only.user, &phone(2)).await;

    change(stores, attempt).await;

    assert!(!is_live(stores, only.session.id).await);
}

async fn a_change_needs_an_open_challenge(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let user = &signed_in.user;
    started(stores, 2, Challenge { expires_at: at(60), ..change_to(2, user, &phone(2)) }).await;
    started(stores, 3, Challenge { tries: 5, ..change_to(3, user, &phone(3)) }).await;
    let before = traces(stores).await;

    for n in [2, 3, 4] {
        assert_eq!(change(stores, complete(n, user, &phone(n), &[])).await, IdentifierOutcome::Closed, "{n}");
    }

    assert_eq!(account(stores, user.id).await, *user);
    assert!(is_live(stores, signed_in.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn the_challenge_of_a_disabled_account_is_closed(stores: &Stores) {
    let user = signed_in(stores, 1).await.user;
    disabled(stores, 1, user.id).await;
    let attempt = asked(stores, 2, &user, &phone(2)).await;
    let before = traces(stores).await;

    assert_eq!(change(stores, attempt.clone()).await, IdentifierOutcome::Closed);

    assert!(!is_open(stores, attempt.challenge, at(60)).await);
    assert!(account(stores, user.id).await.carries(&phone(1)));
    assert_eq!(traces(stores).await, before);
}

async fn a_number_that_somebody_else_verified_is_taken_until_one_retries(stores: &Stores) {
    let signed_in_user = signed_in(stores, 1).await;
    let owner = signed_in(stores, 2).await.user;
    let attempt = asked(stores, 3, &signed_in_user.user, &phone(2)).await;
    let before = traces(stores).await;

    assert_eq!(change(stores, attempt.clone()).await, IdentifierOutcome::Taken);

    assert!(is_open(stores, attempt.challenge, at(60)).await);
    assert_eq!(account(stores, signed_in_user.user.id).await, signed_in_user.user);
    assert_eq!(account(stores, owner.id).await, owner);
    assert!(is_live(stores, signed_in_user.session.id).await);
    assert_eq!(traces(stores).await, before);

    let looked_again = complete(3, &signed_in_user.user, &phone(2), std::slice::from_ref(&owner));
    let outcome = change(stores, looked_again).await;

    assert_eq!(outcome, IdentifierOutcome::Changed(owner_of(&phone(2), &signed_in_user.user)));
    assert_eq!(account(stores, owner.id).await.phone, None);
}

async fn a_change_that_fails_leaves_nothing(stores: &Stores) {
    let signed_in = signed_in(stores, 1).await;
    let mut attempt = asked(stores, 2, &signed_in.user, &phone(2)).await;
    attempt.number_verification.notice.id = waiting(stores).await.pop().unwrap().id;
    let before = traces(stores).await;

    assert!(stores.profiles().complete_phone(attempt.clone()).await.is_err());

    assert!(is_open(stores, attempt.challenge, at(1)).await);
    assert_eq!(account(stores, signed_in.user.id).await, signed_in.user);
    assert!(is_live(stores, signed_in.session.id).await);
    assert_eq!(traces(stores).await, before);
}

async fn of_many_right_codes_at_once_one_changes_the_number(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = signed_in(stores, round).await.user;
        let number = phone(100 + round);
        let attempt = asked(stores, 100 + round, &user, &number).await;
        let (sent, recorded) = traces(stores).await;

        let attempts = (0..CALLS).map(|i| {
            let other = complete(round * 1000 + i, &user, &number, &[]);
            CompletePhone { challenge: attempt.challenge, ..other }
        });
        let outcomes = race(stores, attempts, |stores, attempt| async move { change(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &IdentifierOutcome::Closed), outcomes.len() - 1);
        assert!(account(stores, user.id).await.has_verified(&number));
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}

/// Takes the number as the use case does: reads who carries it, and retries when somebody was faster.
async fn look_and_change(stores: &Stores, n: u32, user: &User, number: &PhoneNumber) -> IdentifierOutcome {
    for _ in 0..MAX_RETRIES {
        let holders = stores.users().find_by_phone(number).await.unwrap();
        let others: Vec<_> =
            holders.owner.into_iter().chain(holders.claimants).filter(|other| other.id != user.id).collect();
        let outcome = change(stores, complete(n, user, number, &others)).await;
        if outcome != IdentifierOutcome::Taken {
            return outcome;
        }
    }
    panic!("the number was taken {MAX_RETRIES} times");
}

async fn of_many_who_verify_one_number_at_once_one_owns_it(stores: &Stores) {
    for round in 1..=ROUNDS {
        let number = phone(9000 + round);
        let mut calls = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            let user = registered(stores, n).await;
            asked(stores, n, &user, &number).await;
            calls.push((n, user, number.clone()));
        }

        let outcomes = race(stores, calls.clone(), |stores, (n, user, number)| async move {
            look_and_change(&stores, n, &user, &number).await
        })
        .await;

        assert!(outcomes.iter().all(|outcome| matches!(outcome, IdentifierOutcome::Changed(_))));
        let owner = stores.users().find_by_phone(&number).await.unwrap().owner.expect("somebody won");
        for (n, user, _) in calls {
            assert_eq!(account(stores, user.id).await.carries(&number), user.id == owner.id);
            assert!(!is_open(stores, change_to(n, &user, &number).id, at(60)).await);
        }
    }
}

async fn a_login_and_a_change_that_verify_one_number_leave_one_owner(stores: &Stores) {
    for round in 1..=ROUNDS {
        let number = phone(round);
        let mut calls = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            let claim = UserPhone { number: number.clone(), verified_at: None };
            let user = registered_as(stores, n, User { phone: Some(claim), ..user(n) }).await;
            let login =
                challenge_of(n, (Purpose::Login, Step::PhoneCode), Target::Phone(number.clone()), Subject::Unclaimed);
            let login = started(stores, n, login).await;
            let change = asked(stores, n, &user, &number).await;
            let mut open = open_session(n, &login, &user);
            open.number_verification = Some(number_verification(n, &user, &number, &[]));
            calls.push((n, open, change));
        }

        race(stores, calls, |stores, (n, open, attempt)| async move {
            if n % 2 == 0 {
                stores.logins().open(open).await.unwrap();
            } else {
                change(&stores, attempt).await;
            }
        })
        .await;

        let holders = stores.users().find_by_phone(&number).await.unwrap();
        assert!(holders.owner.is_some());
        assert_eq!(holders.claimants.len(), CALLS as usize - 1);
    }
}
