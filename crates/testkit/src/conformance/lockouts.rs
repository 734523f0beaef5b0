use std::time::Duration;

use doorward_limit::{CountedTry, Lockout, LockoutKey, LockoutPolicy, LockoutTry, LockoutVerdict};

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
};
use crate::fixtures::at;

cases![
    a_lockout_waits_and_ends_as_its_policy_says,
    a_try_that_is_not_compared_changes_nothing,
    keys_have_lockouts_of_their_own,
    a_try_counts_in_all_its_lockouts_or_in_none,
    a_cleared_lockout_starts_anew,
    an_authenticator_that_is_bound_anew_has_no_lockouts_of_anybody,
    a_try_that_was_never_compared_is_put_back_where_nothing_came_after_it,
    what_nobody_has_added_to_is_purged_even_if_it_is_disabled,
    of_many_tries_at_once_no_more_are_compared_than_one_after_the_other,
    of_many_tries_by_many_sessions_at_once_no_more_are_compared_than_all_may_have,
    of_many_tries_with_clears_among_them_none_deadlocks,
];

const OPEN: LockoutVerdict = LockoutVerdict::Open;
/// The id of a lockout that all callers of a kind share.
const ALL: u8 = 200;

fn key(authenticator: u8, caller: u8) -> LockoutKey {
    LockoutKey { authenticator: [authenticator; 32], caller: [caller; 32] }
}

/// Waits ten seconds from the third failure on, twenty from the fourth; the sixth disables.
fn policy() -> LockoutPolicy {
    let waits = [10, 20].map(Duration::from_secs).to_vec();
    LockoutPolicy { backoff_after: Some(3), waits, disable_after: 6 }
}

/// The lockout in which a stranger's try is counted.
fn alone(authenticator: u8) -> Vec<LockoutTry> {
    vec![LockoutTry { key: key(authenticator, 0), policy: policy() }]
}

/// The lockouts in which a try in a session is counted: its own, and that of all, which nine disable here.
fn together(authenticator: u8, session: u8) -> Vec<LockoutTry> {
    let of_all = LockoutPolicy { disable_after: 9, ..policy().of_all() };
    vec![
        LockoutTry { key: key(authenticator, session), policy: policy() },
        LockoutTry { key: key(authenticator, ALL), policy: of_all },
    ]
}

async fn count(stores: &Stores, asked: Vec<LockoutTry>, seconds: u64) -> CountedTry {
    stores.lockouts().count(asked, at(seconds)).await.unwrap()
}

/// The failures after the try in each of its lockouts; none where it is not compared.
async fn consecutive(stores: &Stores, asked: Vec<LockoutTry>, seconds: u64) -> Vec<u32> {
    let tried = count(stores, asked, seconds).await;
    tried.counted.iter().map(|(_, lockout)| lockout.consecutive).collect()
}

async fn a_lockout_waits_and_ends_as_its_policy_says(stores: &Stores) {
    let mut verdicts = Vec::new();
    for seconds in [0, 0, 0, 0, 9, 10, 29, 30, 50, 1000] {
        verdicts.push(count(stores, alone(1), seconds).await.verdict);
    }

    let waits = [
        LockoutVerdict::Waiting,
        LockoutVerdict::Waiting,
        OPEN,
        LockoutVerdict::Waiting,
        OPEN,
        OPEN,
        LockoutVerdict::Disabled,
    ];
    assert_eq!(verdicts, [&[OPEN; 3][..], &waits].concat());
}

async fn a_try_that_is_not_compared_changes_nothing(stores: &Stores) {
    for _ in 0..3 {
        count(stores, alone(1), 0).await;
    }

    let refused = count(stores, alone(1), 5).await;
    let next = count(stores, alone(1), 10).await;

    let verdict = LockoutVerdict::Waiting;
    assert_eq!(refused, CountedTry { verdict, counted: Vec::new() });
    let lockout = Lockout { consecutive: 4, blocked_until: Some(at(30)), disabled_at: None };
    assert_eq!(next, CountedTry { verdict: OPEN, counted: vec![(key(1, 0), lockout)] });
}

async fn keys_have_lockouts_of_their_own(stores: &Stores) {
    for _ in 0..3 {
        count(stores, alone(1), 0).await;
    }

    assert!(count(stores, alone(2), 0).await.is_open());
    assert!(count(stores, together(1, 7), 0).await.is_open());
    assert!(!count(stores, alone(1), 0).await.is_open());
}

async fn a_try_counts_in_all_its_lockouts_or_in_none(stores: &Stores) {
    for session in [1, 1, 2] {
        count(stores, together(1, session), 0).await;
    }
    assert_eq!(consecutive(stores, together(1, 1), 0).await, [3, 4]);

    assert!(consecutive(stores, together(1, 1), 5).await.is_empty());
    assert_eq!(consecutive(stores, together(1, 2), 5).await, [2, 5]);
    for _ in 0..2 {
        count(stores, together(1, 3), 5).await;
    }
    assert_eq!(consecutive(stores, together(1, 4), 5).await, [1, 8]);
    assert_eq!(consecutive(stores, together(1, 4), 5).await, [2, 9]);

    assert_eq!(count(stores, together(1, 5), 5).await.verdict, LockoutVerdict::Disabled);
    let own = vec![together(1, 5).swap_remove(0)];
    assert_eq!(consecutive(stores, own, 5).await, [1]);
}

async fn a_cleared_lockout_starts_anew(stores: &Stores) {
    for authenticator in [1, 1, 1, 2, 3] {
        count(stores, alone(authenticator), 0).await;
    }

    stores.lockouts().clear(vec![key(1, 0), key(2, 0), key(9, 0)]).await.unwrap();

    for (authenticator, then) in [(1, 1), (2, 1), (3, 2)] {
        assert_eq!(consecutive(stores, alone(authenticator), 0).await, [then], "{authenticator}");
    }
}

async fn an_authenticator_that_is_bound_anew_has_no_lockouts_of_anybody(stores: &Stores) {
    for authenticator in [1, 2] {
        for seconds in 0..9 {
            count(stores, alone(authenticator), seconds * 100).await;
        }
        count(stores, together(authenticator, 4), 0).await;
    }

    stores.lockouts().clear_all([1; 32]).await.unwrap();

    assert_eq!(consecutive(stores, alone(1), 1000).await, [1]);
    assert_eq!(consecutive(stores, together(1, 4), 1000).await, [1, 1]);
    assert_eq!(count(stores, alone(2), 1000).await.verdict, LockoutVerdict::Disabled);
    assert_eq!(consecutive(stores, together(2, 4), 1000).await, [2, 2]);
}

async fn a_try_that_was_never_compared_is_put_back_where_nothing_came_after_it(stores: &Stores) {
    let first = count(stores, alone(1), 0).await;
    stores.lockouts().put_back(first).await.unwrap();
    assert_eq!(consecutive(stores, alone(1), 0).await, [1]);

    let second = count(stores, together(1, 4), 0).await;
    count(stores, together(1, 5), 0).await;
    stores.lockouts().put_back(second).await.unwrap();
    assert_eq!(consecutive(stores, together(1, 4), 0).await, [1, 3]);

    count(stores, alone(1), 0).await;
    let waits = count(stores, alone(1), 0).await;
    stores.lockouts().put_back(waits.clone()).await.unwrap();
    assert_eq!(consecutive(stores, alone(1), 0).await, [3]);
    stores.lockouts().clear_all([1; 32]).await.unwrap();
    stores.lockouts().put_back(waits).await.unwrap();
    assert_eq!(consecutive(stores, alone(1), 0).await, [1]);
}

async fn what_nobody_has_added_to_is_purged_even_if_it_is_disabled(stores: &Stores) {
    for second in 0..6 {
        count(stores, alone(1), second * 100).await;
    }
    count(stores, alone(2), 0).await;
    count(stores, alone(3), 1000).await;
    // What is refused adds nothing.
    assert_eq!(count(stores, alone(1), 1000).await.verdict, LockoutVerdict::Disabled);
    let purge = async |limit| stores.lockouts().purge(at(1000), limit).await.unwrap();

    assert_eq!((purge(1).await, purge(9).await, purge(9).await), (1, 1, 0));

    assert_eq!(consecutive(stores, alone(1), 1000).await, [1]);
    assert_eq!(consecutive(stores, alone(3), 1000).await, [2]);
}

async fn of_many_tries_at_once_no_more_are_compared_than_one_after_the_other(stores: &Stores) {
    for round in 0..ROUNDS {
        let n = u8::try_from(round).unwrap();

        let tries = race(stores, 0..CALLS, |stores, _| async move { count(&stores, alone(n), 0).await }).await;

        let mut open: Vec<_> = tries.iter().flat_map(|tried| &tried.counted).map(|(_, it)| it.consecutive).collect();
        open.sort_unstable();
        assert_eq!(open, [1, 2, 3], "round {round}");
    }
}

async fn of_many_tries_by_many_sessions_at_once_no_more_are_compared_than_all_may_have(stores: &Stores) {
    for round in 0..ROUNDS {
        let n = u8::try_from(round).unwrap();
        let session = |call: u32| u8::try_from(1 + call % 8).unwrap();

        let tries =
            race(stores, 0..CALLS, |stores, call| async move { count(&stores, together(n, session(call)), 0).await })
                .await;

        let of_all = |tried: &CountedTry| tried.counted.last().map(|(_, lockout)| lockout.consecutive);
        let mut open: Vec<_> = tries.iter().filter_map(of_all).collect();
        open.sort_unstable();
        assert_eq!(open, [1, 2, 3, 4, 5, 6, 7, 8, 9], "round {round}");
    }
}

async fn of_many_tries_with_clears_among_them_none_deadlocks(stores: &Stores) {
    let outcomes = race(stores, 0..CALLS, |stores, call| async move {
        let session = u8::try_from(1 + call % 2).unwrap();
        if call % 4 == 3 {
            return stores.lockouts().clear(vec![key(1, session), key(1, ALL)]).await.is_ok();
        }
        stores.lockouts().count(together(1, session), at(u64::from(call) * 100)).await.is_ok()
    })
    .await;

    assert!(outcomes.into_iter().all(|is_ok| is_ok));
}
