//! Codes of authenticator apps, used up.

use doorward_app::totp::{CompletedStep, SpendOutcome, SpendStep};
use doorward_kernel::{ChallengeId, UserId};
use doorward_otp::{Challenge, Purpose, Step, Subject, Target, TimeStep};

use super::{
    Stores,
    authenticators::{enrolled, found, member},
    race::{CALLS, ROUNDS, count, race},
    scene::{challenge_now, is_open, is_recorded, started, traces},
};
use crate::fixtures::{at, begin_totp, challenge_of, id, phone, sealed_seed, spend_step, user_id};

cases![
    a_right_code_moves_the_last_step_on,
    a_step_that_was_used_or_is_earlier_is_refused,
    no_code_counts_for_an_app_that_waits_or_is_another,
    of_32_uses_of_one_code_at_once_one_wins,
    a_right_code_puts_a_successor_in_the_place_of_its_step,
    a_code_for_a_step_that_is_closed_is_not_used_up,
    of_many_codes_for_one_step_at_once_one_wins_and_none_is_a_guess,
];

async fn spend(stores: &Stores, spend: SpendStep) -> SpendOutcome {
    stores.authenticators().spend_step(spend).await.unwrap()
}

async fn last_step(stores: &Stores, user: UserId) -> Option<TimeStep> {
    found(stores, user).await.and_then(|found| found.last_step)
}

async fn a_right_code_moves_the_last_step_on(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;

    assert_eq!(spend(stores, spend_step(1, user, 101)).await, SpendOutcome::Spent);

    assert_eq!(last_step(stores, user).await, Some(TimeStep(101)));
    assert!(is_recorded(stores, &spend_step(1, user, 101).audit).await);
}

async fn a_step_that_was_used_or_is_earlier_is_refused(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    spend(stores, spend_step(1, user, 105)).await;
    let before = traces(stores).await;

    for step in [105, 104, 100, 0] {
        assert_eq!(spend(stores, spend_step(2, user, step)).await, SpendOutcome::Refused, "{step}");
    }

    assert_eq!((last_step(stores, user).await, traces(stores).await), (Some(TimeStep(105)), before));
}

async fn no_code_counts_for_an_app_that_waits_or_is_another(stores: &Stores) {
    let waiting = member(stores, 2).await;
    stores.authenticators().begin(begin_totp(1, &waiting)).await.unwrap();
    let (waits, user) = (waiting.user.id, enrolled(stores, 1).await.user.id);
    let other = SpendStep { seed: sealed_seed(9), ..spend_step(1, user, 200) };

    for attempt in [spend_step(2, waits, 200), other, spend_step(3, user_id(9), 200)] {
        assert_eq!(spend(stores, attempt).await, SpendOutcome::Refused);
    }

    assert_eq!((last_step(stores, waits).await, last_step(stores, user).await), (None, Some(TimeStep(100))));
}

async fn of_32_uses_of_one_code_at_once_one_wins(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    for round in 1..=ROUNDS {
        let (_, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| spend_step(round * 100 + i, user, 100 + u64::from(round)));
        let outcomes = race(stores, calls, |stores, attempt| async move { spend(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &SpendOutcome::Spent), 1);
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}

/// A started step of the app of that user's login, and what a right code puts in its place.
async fn asked(stores: &Stores, n: u32, user: UserId) -> CompletedStep {
    let target = Target::Phone(phone(1));
    let step = challenge_of(n, (Purpose::Login, Step::Totp), target.clone(), Subject::Account(user));
    let next = challenge_of(n + 50_000, (Purpose::Login, Step::Totp), target, Subject::Account(user));
    CompletedStep { done: started(stores, n, step).await.id, next, now: at(120) }
}

async fn a_right_code_puts_a_successor_in_the_place_of_its_step(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    let completes = asked(stores, 1, user).await;
    let attempt = SpendStep { completes: Some(completes.clone()), ..spend_step(1, user, 101) };

    assert_eq!(spend(stores, attempt).await, SpendOutcome::Spent);

    assert_eq!(challenge_now(stores, completes.done).await.closed_at, Some(at(120)));
    assert_eq!(challenge_now(stores, completes.next.id).await, completes.next);
}

async fn a_code_for_a_step_that_is_closed_is_not_used_up(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    let [first, second] = [asked(stores, 1, user).await, asked(stores, 2, user).await];
    let attempt = |n, step, completes: &CompletedStep| SpendStep {
        completes: Some(completes.clone()),
        ..spend_step(n, user, step)
    };
    spend(stores, attempt(1, 101, &first)).await;
    let before = traces(stores).await;

    // The same code for the same step again is closed, and for another one it is used up.
    let again = CompletedStep { next: second.next.clone(), ..first };
    assert_eq!(spend(stores, attempt(2, 101, &again)).await, SpendOutcome::Closed);
    assert_eq!(spend(stores, attempt(3, 102, &again)).await, SpendOutcome::Closed);
    assert_eq!(spend(stores, attempt(4, 101, &second)).await, SpendOutcome::Refused);

    assert_eq!((last_step(stores, user).await, traces(stores).await), (Some(TimeStep(101)), before));
    assert!(is_open(stores, second.done, at(120)).await);
    assert_eq!(stores.flows().find(second.next.id).await.unwrap().map(|flow| flow.challenge), None);
    assert_eq!(spend(stores, attempt(5, 102, &second)).await, SpendOutcome::Spent);
}

async fn of_many_codes_for_one_step_at_once_one_wins_and_none_is_a_guess(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    for round in 1..=ROUNDS {
        let completes = asked(stores, round, user).await;

        let calls = (0..CALLS).map(|i| {
            let next = Challenge { id: ChallengeId::from_bytes(id("next", round * 100 + i)), ..completes.next.clone() };
            let completes = Some(CompletedStep { next, ..completes.clone() });
            SpendStep { completes, ..spend_step(round * 100 + i, user, 100 + u64::from(round)) }
        });
        let outcomes = race(stores, calls, |stores, attempt| async move { spend(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &SpendOutcome::Spent), 1);
        assert_eq!(count(&outcomes, &SpendOutcome::Closed), outcomes.len() - 1);
    }
}
