use std::time::Duration;

use doorward_limit::{BudgetKey, BudgetKind, CountedTry, FailurePolicy, FailureVerdict};

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
};
use crate::fixtures::at;

const OPEN: FailureVerdict = FailureVerdict::Open;

fn key(n: u8) -> BudgetKey {
    BudgetKey { kind: BudgetKind::PASSWORD_FAILURES, subject: [n; 32] }
}

/// Waits ten seconds from the third failure on, twenty from the fourth; the sixth disables.
fn policy() -> FailurePolicy {
    let waits = [10, 20].map(Duration::from_secs).to_vec();
    FailurePolicy { backoff_after: Some(3), waits, disable_after: 6 }
}

async fn count(stores: &Stores, n: u8, seconds: u64) -> CountedTry {
    stores.failure_rows.count(key(n), policy(), at(seconds)).await.unwrap()
}

async fn consecutive(stores: &Stores, n: u8, seconds: u64) -> u32 {
    count(stores, n, seconds).await.before.consecutive
}

pub async fn a_row_waits_and_ends_as_its_policy_says(stores: &Stores) {
    let mut verdicts = Vec::new();
    for seconds in [0, 0, 0, 0, 9, 10, 29, 30, 50, 1000] {
        verdicts.push(count(stores, 1, seconds).await.verdict);
    }

    let until = |seconds| FailureVerdict::Waiting { until: at(seconds) };
    let waits = [until(10), until(10), OPEN, until(30), OPEN, OPEN, FailureVerdict::Disabled];
    assert_eq!(verdicts, [&[OPEN; 3][..], &waits].concat());
}

pub async fn what_is_not_looked_at_changes_nothing(stores: &Stores) {
    for _ in 0..3 {
        count(stores, 1, 0).await;
    }

    let refused = count(stores, 1, 5).await;

    assert_eq!((refused.before, refused.after.consecutive), (refused.after, 3));
    assert_eq!(count(stores, 1, 10).await.before, refused.before);
}

pub async fn keys_have_rows_of_their_own(stores: &Stores) {
    let other = BudgetKey { kind: BudgetKind::PASSWORD_FAILURES_KNOWN, ..key(1) };
    for _ in 0..3 {
        count(stores, 1, 0).await;
    }

    assert!(count(stores, 2, 0).await.is_open());
    assert!(stores.failure_rows.count(other, policy(), at(0)).await.unwrap().is_open());
    assert!(!count(stores, 1, 0).await.is_open());
}

pub async fn a_cleared_row_starts_anew(stores: &Stores) {
    for n in [1, 1, 1, 2, 3] {
        count(stores, n, 0).await;
    }

    stores.failure_rows.clear(vec![key(1), key(2), key(9)]).await.unwrap();

    for (n, left) in [(1, 0), (2, 0), (3, 1)] {
        assert_eq!(consecutive(stores, n, 0).await, left, "{n}");
    }
}

pub async fn a_try_that_was_not_looked_at_is_put_back_if_nothing_came_after_it(stores: &Stores) {
    let first = count(stores, 1, 0).await;
    stores.failure_rows.put_back(key(1), first).await.unwrap();
    assert_eq!(consecutive(stores, 1, 0).await, 0);

    let second = count(stores, 1, 0).await;
    let third = count(stores, 1, 0).await;
    stores.failure_rows.put_back(key(1), second).await.unwrap();
    assert_eq!(count(stores, 1, 5).await.before, third.after);

    stores.failure_rows.put_back(key(1), third).await.unwrap();
    assert_eq!(count(stores, 1, 5).await.before, second.after);
    stores.failure_rows.put_back(key(9), third).await.unwrap();
    assert_eq!(consecutive(stores, 9, 0).await, 0);
}

pub async fn untouched_rows_are_forgotten_and_no_others(stores: &Stores) {
    for (n, seconds) in [(1, 0), (2, 0), (3, 100)] {
        count(stores, n, seconds).await;
    }
    let forget = async |limit| stores.failure_rows.forget_untouched(at(100), limit).await.unwrap();

    assert_eq!((forget(1).await, forget(9).await, forget(9).await), (1, 1, 0));
    assert_eq!(consecutive(stores, 3, 100).await, 1);
}

pub async fn what_is_disabled_is_never_forgotten(stores: &Stores) {
    for second in 0..100 {
        count(stores, 1, second * 10_000).await;
    }
    assert_eq!(count(stores, 1, 2_000_000).await.verdict, FailureVerdict::Disabled);

    assert_eq!(stores.failure_rows.forget_untouched(at(3_000_000), 9).await.unwrap(), 0);

    assert_eq!(count(stores, 1, 3_000_000).await.verdict, FailureVerdict::Disabled);
}

pub async fn of_many_tries_at_once_no_more_are_looked_at_than_one_after_the_other(stores: &Stores) {
    for round in 0..ROUNDS {
        let n = u8::try_from(round).unwrap();

        let tries = race(stores, 0..CALLS, |stores, _| async move { count(&stores, n, 0).await }).await;

        let mut open: Vec<_> = tries.iter().filter(|tried| tried.is_open()).map(|it| it.after.consecutive).collect();
        open.sort_unstable();
        assert_eq!(open, [1, 2, 3], "round {round}");
    }
}
