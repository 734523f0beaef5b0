//! The same submit, sent twice: what followed the first one is given to the second.

use std::time::Duration;

use doorward_app::{
    flow::{Advance, AdvanceOutcome, Repeat, Start},
    logins::{RightPassword, Then},
};
use doorward_kernel::{AuditKind, ChallengeId};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target};

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
    scene::{challenge_now, is_open, registered, started},
};
use crate::fixtures::{
    at, audit, challenge, challenge_of, complete_registration, email, phone, start, start_registration, user, verifier,
};

cases![
    the_same_submit_gets_the_same_successor_again,
    a_step_that_was_met_too_long_ago_is_not_repeated,
    a_step_that_is_open_or_unknown_is_not_repeated,
    a_successor_that_was_gone_on_with_is_not_given_again,
    what_is_cut_off_is_never_given_again_and_stays_open,
    a_registration_is_followed_by_its_continuation,
    a_right_password_is_followed_by_the_second_factor,
    of_many_submits_at_once_all_get_the_one_successor,
];

fn next(n: u32) -> Start {
    let n = 50_000 + n;
    start(n, challenge_of(n, (Purpose::Login, Step::Totp), Target::Phone(phone(1)), Subject::Unclaimed))
}

/// A step that was met at second 10, and the one that followed.
async fn met(stores: &Stores, n: u32) -> (ChallengeId, Challenge) {
    let done = started(stores, n, challenge(n)).await.id;
    let next = next(n);
    let followed = next.challenge.clone();
    let outcome = stores.flows().advance(Advance { done, next, now: at(10) }).await.unwrap();
    assert_eq!(outcome, AdvanceOutcome::Advanced);
    (done, followed)
}

/// The submit that met it, five seconds later.
fn again(done: ChallengeId) -> Repeat {
    Repeat { done, met_after: at(5), now: at(15) }
}

async fn repeated(stores: &Stores, repeat: Repeat) -> Option<Challenge> {
    stores.flows().repeat(repeat).await.unwrap()
}

async fn the_same_submit_gets_the_same_successor_again(stores: &Stores) {
    let (done, next) = met(stores, 1).await;

    assert_eq!(repeated(stores, again(done)).await, Some(next.clone()));
    assert_eq!(repeated(stores, again(done)).await, Some(next));
}

async fn a_step_that_was_met_too_long_ago_is_not_repeated(stores: &Stores) {
    let (done, next) = met(stores, 1).await;

    assert_eq!(repeated(stores, Repeat { met_after: at(9), ..again(done) }).await, Some(next));
    assert_eq!(repeated(stores, Repeat { met_after: at(10), ..again(done) }).await, None);
}

async fn a_step_that_is_open_or_unknown_is_not_repeated(stores: &Stores) {
    let open = started(stores, 1, challenge(1)).await;

    assert_eq!(repeated(stores, again(open.id)).await, None);
    assert_eq!(repeated(stores, again(challenge(2).id)).await, None);
    assert!(is_open(stores, open.id, at(15)).await);
}

async fn a_successor_that_was_gone_on_with_is_not_given_again(stores: &Stores) {
    let (tried, next) = met(stores, 1).await;
    stores.flows().count_wrong(next.id, at(12), audit(1, AuditKind::FlowFailed)).await.unwrap();
    let (left, next) = met(stores, 2).await;
    let further = Advance { done: next.id, next: self::next(3), now: at(12) };
    stores.flows().advance(further).await.unwrap();
    let (expired, next) = met(stores, 4).await;

    assert_eq!(repeated(stores, again(tried)).await, None);
    assert_eq!(repeated(stores, again(left)).await, None);
    assert_eq!(repeated(stores, Repeat { now: next.expires_at, ..again(expired) }).await, None);
}

async fn what_is_cut_off_is_never_given_again_and_stays_open(stores: &Stores) {
    let (done, next) = met(stores, 1).await;

    stores.flows().cut_off(done).await.unwrap();

    assert_eq!(repeated(stores, again(done)).await, None);
    assert!(is_open(stores, next.id, at(15)).await);
    assert!(!is_open(stores, done, at(15)).await);
}

async fn a_registration_is_followed_by_its_continuation(stores: &Stores) {
    let user = user(1);
    stores.registrations().start(start_registration(1, &user)).await.unwrap();
    let complete = complete_registration(1, &user);
    let (done, now, continuation) = (complete.challenge, complete.now, complete.continuation.clone());
    stores.registrations().complete(complete).await.unwrap();

    assert_eq!(challenge_now(stores, done).await.successor, Some(continuation.id));
    let repeat = Repeat { done, met_after: now - Duration::from_secs(1), now };
    assert_eq!(repeated(stores, repeat).await, Some(continuation));
}

async fn a_right_password_is_followed_by_the_second_factor(stores: &Stores) {
    let user = registered(stores, 1).await;
    let step = (Purpose::Login, Step::Password);
    let asked = challenge_of(3, step, Target::Email(email(1)), Subject::Unclaimed);
    let done = started(stores, 3, asked).await.id;
    let next = next(3);
    let followed = next.challenge.clone();
    let then = Then::Step(Box::new(next));
    let right = RightPassword { user: user.id, verifier: verifier(1), done: Some(done), then, now: at(10) };
    stores.logins().go_on(right).await.unwrap();

    assert_eq!(repeated(stores, again(done)).await, Some(followed));
}

async fn of_many_submits_at_once_all_get_the_one_successor(stores: &Stores) {
    for round in 0..ROUNDS {
        let done = started(stores, round, challenge(round)).await.id;
        let advances = (0..CALLS).map(|i| Advance { done, next: next(round * 100 + i), now: at(10) });
        let given = race(stores, advances, |stores, advance| async move {
            let own = advance.next.challenge.clone();
            match stores.flows().advance(advance).await.unwrap() {
                AdvanceOutcome::Advanced => Some(own),
                AdvanceOutcome::Closed => repeated(&stores, again(done)).await,
            }
        });
        let given = given.await;

        assert!(given.iter().all(|next| next.is_some() && *next == given[0]), "{given:?}");
    }
}
