//! Codes of authenticator apps, used up.

use doorward_app::{SpentCode, totp::SpendOutcome};
use doorward_kernel::UserId;
use doorward_otp::TimeStep;

use super::{
    Stores,
    authenticators::{enrolled, found, member},
    race::{CALLS, ROUNDS, count, race},
    scene::{is_recorded, traces},
};
use crate::fixtures::{begin_totp, sealed_seed, spent_step, user_id};

cases![
    a_right_code_moves_the_last_step_on,
    a_step_that_was_used_or_is_earlier_is_refused,
    no_code_counts_for_an_app_that_waits_or_is_another,
    of_32_uses_of_one_code_at_once_one_wins,
];

async fn spend(stores: &Stores, code: SpentCode) -> SpendOutcome {
    stores.authenticators().spend(code).await.unwrap()
}

pub(super) async fn last_step(stores: &Stores, user: UserId) -> Option<TimeStep> {
    found(stores, user).await.and_then(|found| found.last_step)
}

async fn a_right_code_moves_the_last_step_on(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;

    assert_eq!(spend(stores, spent_step(1, user, 101)).await, SpendOutcome::Spent);

    assert_eq!(last_step(stores, user).await, Some(TimeStep(101)));
    assert!(is_recorded(stores, &spent_step(1, user, 101).audit).await);
}

async fn a_step_that_was_used_or_is_earlier_is_refused(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    spend(stores, spent_step(1, user, 105)).await;
    let before = traces(stores).await;

    for step in [105, 104, 100, 0] {
        assert_eq!(spend(stores, spent_step(2, user, step)).await, SpendOutcome::Refused, "{step}");
    }

    assert_eq!((last_step(stores, user).await, traces(stores).await), (Some(TimeStep(105)), before));
}

async fn no_code_counts_for_an_app_that_waits_or_is_another(stores: &Stores) {
    let waiting = member(stores, 2).await;
    stores.authenticators().begin(begin_totp(1, &waiting)).await.unwrap();
    let (waits, user) = (waiting.user.id, enrolled(stores, 1).await.user.id);
    let other = SpentCode { seed: sealed_seed(9), ..spent_step(1, user, 200) };

    for attempt in [spent_step(2, waits, 200), other, spent_step(3, user_id(9), 200)] {
        assert_eq!(spend(stores, attempt).await, SpendOutcome::Refused);
    }

    assert_eq!((last_step(stores, waits).await, last_step(stores, user).await), (None, Some(TimeStep(100))));
}

async fn of_32_uses_of_one_code_at_once_one_wins(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    for round in 1..=ROUNDS {
        let (_, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| spent_step(round * 100 + i, user, 100 + u64::from(round)));
        let outcomes = race(stores, calls, |stores, attempt| async move { spend(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &SpendOutcome::Spent), 1);
        assert_eq!(traces(stores).await.1, recorded + 1);
    }
}
