//! Numbers, verified by a first login.

use doorward_app::{
    NumberVerification,
    logins::{LoginOutcome, OpenSession},
};
use doorward_otp::{Challenge, Subject};
use doorward_user::{User, UserPhone};

use super::{
    Stores,
    phone_logins::{claimant, login, login_of, open, verifying},
    race::{CALLS, ROUNDS, count, race},
    scene::{
        account, another_session, challenge_now, is_id_waiting, is_live, is_open, is_recorded, is_waiting, registered,
        registered_as, signed_in, started, traces, waiting,
    },
};
use crate::fixtures::{at, number_verification, open_session, phone, user};

cases![
    a_first_login_verifies_the_number,
    a_number_that_nobody_else_carries_is_verified_with_a_notice_that_may_be_leased,
    a_number_that_somebody_claims_meanwhile_is_verified_all_the_same,
    a_number_that_somebody_else_verified_is_lost_until_one_retries,
    whoever_lost_the_number_to_another_verification_is_refused,
    only_those_who_still_carry_the_number_lose_it_and_are_told,
    a_login_that_fails_leaves_nothing,
    of_many_accounts_that_verify_one_number_at_once_one_owns_it,
    a_number_is_verified_for_accounts_that_saw_nobody_else_one_at_a_time,
    many_first_logins_of_one_account_leave_it_the_owner,
];

/// The number of retries before a call gives up: far more than it can be overtaken.
pub(super) const MAX_RETRIES: u32 = 1000;

async fn a_first_login_verifies_the_number(stores: &Stores) {
    let [user, other] = [claimant(stores, 1).await, claimant(stores, 2).await];
    let challenge = login(stores, 1, &user).await;
    let opening = verifying(1, &challenge, &user, std::slice::from_ref(&other));

    let outcome = open(stores, opening.clone()).await;

    let number_verification = opening.number_verification.unwrap();
    let now_owner = User {
        phone: Some(UserPhone { number: phone(1), verified_at: Some(opening.now) }),
        updated_at: opening.now,
        ..user.clone()
    };
    assert_eq!(outcome, LoginOutcome::Opened(now_owner.clone()));
    assert_eq!(account(stores, user.id).await, now_owner);
    assert_eq!(account(stores, other.id).await, User { phone: None, updated_at: opening.now, ..other });
    for drop in &number_verification.drops {
        assert!(is_waiting(stores, &drop.notice).await);
        assert!(is_recorded(stores, &drop.audit).await);
    }
    assert!(is_waiting(stores, &number_verification.notice).await);
    assert!(is_recorded(stores, &number_verification.audit).await);
    assert!(is_recorded(stores, &opening.audit).await);
    assert!(is_live(stores, opening.session.id).await);
}

async fn a_number_that_nobody_else_carries_is_verified_with_a_notice_that_may_be_leased(stores: &Stores) {
    let user = claimant(stores, 1).await;
    let challenge = login(stores, 1, &user).await;
    let opening = verifying(1, &challenge, &user, &[]);
    let number_verification =
        NumberVerification { leased_until: Some(at(90)), ..opening.number_verification.clone().unwrap() };
    let opening = OpenSession { number_verification: Some(number_verification.clone()), ..opening };

    let outcome = open(stores, opening.clone()).await;

    let phone = UserPhone { number: phone(1), verified_at: Some(opening.now) };
    let now_owner = User { phone: Some(phone), updated_at: opening.now, ..user };
    assert_eq!(outcome, LoginOutcome::Opened(now_owner.clone()));
    assert_eq!(account(stores, now_owner.id).await, now_owner);
    assert_eq!(challenge_now(stores, challenge.id).await.closed_at, Some(opening.now));
    assert!(is_live(stores, opening.session.id).await);
    assert!(is_recorded(stores, &opening.audit).await && is_recorded(stores, &number_verification.audit).await);
    let sooner = stores.outbox().claim(at(89), at(120), 10).await.unwrap();
    let later = stores.outbox().claim(at(90), at(120), 10).await.unwrap();
    assert!(sooner.iter().all(|claimed| claimed.message.id != number_verification.notice.id));
    assert!(later.iter().any(|claimed| claimed.message == number_verification.notice));
}

async fn a_number_that_somebody_claims_meanwhile_is_verified_all_the_same(stores: &Stores) {
    let user = claimant(stores, 1).await;
    let challenge = login(stores, 1, &user).await;
    let opening = verifying(1, &challenge, &user, &[]);
    let meanwhile = claimant(stores, 2).await;

    let outcome = open(stores, opening.clone()).await;

    assert!(matches!(outcome, LoginOutcome::Opened(user) if user.has_verified(&phone(1))));
    assert!(account(stores, meanwhile.id).await.carries(&phone(1)));
    assert!(is_waiting(stores, &opening.number_verification.unwrap().notice).await);
}

async fn a_number_that_somebody_else_verified_is_lost_until_one_retries(stores: &Stores) {
    let [user, rival] = [claimant(stores, 1).await, claimant(stores, 2).await];
    let challenge = login(stores, 1, &user).await;
    let rival = another_session(stores, 2, &rival).await;
    let before = traces(stores).await;

    let outcome = open(stores, verifying(1, &challenge, &user, &[])).await;

    assert_eq!(outcome, LoginOutcome::Conflict);
    assert_eq!(traces(stores).await, before);
    assert_eq!(challenge_now(stores, challenge.id).await, challenge);
    assert_eq!(account(stores, user.id).await, user);
    assert_eq!(account(stores, rival.user.id).await, rival.user);

    let looked_again = verifying(1, &challenge, &user, std::slice::from_ref(&rival.user));
    let outcome = open(stores, looked_again).await;

    assert!(matches!(outcome, LoginOutcome::Opened(owner) if owner.has_verified(&phone(1))));
    assert_eq!(account(stores, rival.user.id).await.phone, None);
    assert!(is_live(stores, rival.session.id).await);
}

async fn whoever_lost_the_number_to_another_verification_is_refused(stores: &Stores) {
    let [user, rival] = [claimant(stores, 1).await, claimant(stores, 2).await];
    let [challenge, rival_challenge] = [login(stores, 1, &user).await, login(stores, 2, &rival).await];
    open(stores, verifying(2, &rival_challenge, &rival, std::slice::from_ref(&user))).await;

    let outcome = open(stores, verifying(1, &challenge, &user, std::slice::from_ref(&rival))).await;

    assert_eq!(outcome, LoginOutcome::Refused);
    assert!(account(stores, rival.id).await.has_verified(&phone(1)));
}

async fn only_those_who_still_carry_the_number_lose_it_and_are_told(stores: &Stores) {
    let user = claimant(stores, 1).await;
    let elsewhere = signed_in(stores, 2).await.user;
    let unnamed = claimant(stores, 3).await;
    let challenge = login(stores, 4, &user).await;
    let opening = verifying(4, &challenge, &user, std::slice::from_ref(&elsewhere));

    open(stores, opening.clone()).await;

    let drop = opening.number_verification.unwrap().drops.pop().unwrap();
    assert_eq!(account(stores, elsewhere.id).await, elsewhere);
    assert!(!is_id_waiting(stores, drop.notice.id).await);
    assert!(!is_recorded(stores, &drop.audit).await);
    assert_eq!(account(stores, unnamed.id).await, unnamed);
}

async fn a_login_that_fails_leaves_nothing(stores: &Stores) {
    let user = claimant(stores, 1).await;
    let challenge = login(stores, 1, &user).await;
    let mut opening = verifying(1, &challenge, &user, &[]);
    opening.number_verification.as_mut().unwrap().notice.id = waiting(stores).await.pop().unwrap().id;
    let before = traces(stores).await;

    assert!(stores.logins().open(opening.clone()).await.is_err());

    assert!(is_open(stores, challenge.id, at(1)).await);
    assert_eq!(account(stores, user.id).await, user);
    assert_eq!(stores.sessions().find(opening.session.id).await.unwrap(), None);
    assert_eq!(traces(stores).await, before);
}

/// Verifies number 1 as the use case does: reads who carries it, and retries when somebody was faster.
async fn look_and_open(stores: &Stores, n: u32, challenge: &Challenge, user: &User) -> LoginOutcome {
    for _ in 0..MAX_RETRIES {
        let holders = stores.users().find_by_phone(&phone(1)).await.unwrap();
        let others: Vec<_> =
            holders.owner.into_iter().chain(holders.claimants).filter(|other| other.id != user.id).collect();
        let outcome = open(stores, verifying(n, challenge, user, &others)).await;
        if outcome != LoginOutcome::Conflict {
            return outcome;
        }
    }
    panic!("the number was lost {MAX_RETRIES} times");
}

async fn of_many_accounts_that_verify_one_number_at_once_one_owns_it(stores: &Stores) {
    for round in 1..=ROUNDS {
        let mut attempts = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            let user = claimant(stores, n).await;
            attempts.push((n, login(stores, n, &user).await, user));
        }

        let outcomes = race(stores, attempts.clone(), |stores, (n, challenge, user)| async move {
            look_and_open(&stores, n, &challenge, &user).await
        })
        .await;

        let holders = stores.users().find_by_phone(&phone(1)).await.unwrap();
        let owner = holders.owner.expect("somebody won");
        assert_eq!(holders.claimants, []);
        assert!(outcomes.contains(&LoginOutcome::Opened(owner.clone())));
        for (_, _, user) in attempts {
            let phone = account(stores, user.id).await.phone;
            assert_eq!(phone.is_some(), user.id == owner.id);
        }
    }
}

async fn a_number_is_verified_for_accounts_that_saw_nobody_else_one_at_a_time(stores: &Stores) {
    for round in 1..=ROUNDS {
        let number = phone(round);
        let mut attempts = Vec::new();
        for n in (round * 100..).take(CALLS as usize) {
            let claim = UserPhone { number: number.clone(), verified_at: None };
            let user = registered_as(stores, n, User { phone: Some(claim), ..user(n) }).await;
            let challenge = started(stores, n, login_of(n, &number, Subject::Account(user.id))).await;
            let number_verification = Some(number_verification(n, &user, &number, &[]));
            attempts.push(OpenSession { number_verification, ..open_session(n, &challenge, &user) });
        }

        let outcomes = race(stores, attempts, |stores, attempt| async move { open(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &LoginOutcome::Conflict), outcomes.len() - 1);
        let holders = stores.users().find_by_phone(&number).await.unwrap();
        assert_eq!((holders.owner.is_some(), holders.claimants.len()), (true, outcomes.len() - 1));
    }
}

async fn many_first_logins_of_one_account_leave_it_the_owner(stores: &Stores) {
    let user = registered(stores, 1).await;
    let mut attempts = Vec::new();
    for n in (100..).take(CALLS as usize) {
        let challenge = login(stores, n, &user).await;
        attempts.push(verifying(n, &challenge, &user, &[]));
    }

    let outcomes = race(stores, attempts.clone(), |stores, attempt| async move { open(&stores, attempt).await }).await;

    assert!(outcomes.iter().all(|outcome| matches!(outcome, LoginOutcome::Opened(_))));
    assert!(account(stores, user.id).await.has_verified(&phone(1)));
    for attempt in attempts {
        assert!(is_live(stores, attempt.session.id).await);
    }
}
