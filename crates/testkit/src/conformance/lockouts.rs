use std::time::Duration;

use doorward_limit::{BucketKey, BucketKind, Limit, Lockout, LockoutPolicy, Refusal, Take, TakeOutcome};

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
    a_try_counts_with_what_it_takes_or_not_at_all,
    a_cleared_lockout_starts_anew,
    an_authenticator_that_is_bound_anew_has_no_tries_of_anybody,
    a_try_that_was_never_compared_is_given_back,
    what_nobody_has_added_to_is_purged_even_if_it_is_disabled,
    of_many_tries_at_once_no_more_are_compared_than_one_after_the_other,
    of_many_tries_by_many_sessions_at_once_no_more_are_compared_than_all_may_have,
    of_many_tries_with_clears_among_them_none_deadlocks,
    of_many_tries_that_find_a_bucket_used_up_none_is_counted,
    of_many_tries_that_share_a_bucket_those_count_that_it_admits,
];

/// The caller that stands for all sessions.
const ALL: u8 = 200;
/// Longer than failures are kept.
const YEAR: u64 = 366 * 86_400;
/// Waits ten seconds from the third failure on, twenty from the fourth; the sixth disables.
const POLICY: LockoutPolicy = LockoutPolicy {
    backoff_after: Some(3),
    waits: &[Duration::from_secs(10), Duration::from_secs(20)],
    disable_after: 6,
};

/// The key of tries by that caller at that authenticator.
fn key(authenticator: u8, caller: u8) -> BucketKey {
    of_kind(BucketKind::LOCKOUT, authenticator, caller)
}

fn of_kind(kind: BucketKind, authenticator: u8, caller: u8) -> BucketKey {
    let subject = [[authenticator; 16], [caller; 16]].concat().try_into().unwrap();
    BucketKey { kind, subject }
}

fn lockout(authenticator: u8, caller: u8, policy: LockoutPolicy) -> Take {
    Take::one(key(authenticator, caller), policy.into())
}

/// A stranger's try.
pub(super) fn alone(authenticator: u8) -> Vec<Take> {
    vec![lockout(authenticator, 0, POLICY)]
}

/// A try in a session: it counts for itself, and in the lockout of all, which nine disable here.
fn together(authenticator: u8, session: u8) -> Vec<Take> {
    let of_all = LockoutPolicy { disable_after: 9, ..POLICY.of_all() };
    vec![lockout(authenticator, session, POLICY), lockout(authenticator, ALL, of_all)]
}

pub(super) async fn count(stores: &Stores, tries: Vec<Take>, seconds: u64) -> TakeOutcome {
    stores.buckets().take(tries, at(seconds)).await.unwrap()
}

async fn give_back(stores: &Stores, tries: Vec<Take>, seconds: u64) {
    stores.buckets().refund(tries, at(seconds)).await.unwrap();
}

async fn clear(stores: &Stores, tries: Vec<Take>, seconds: u64) {
    give_back(stores, tries.iter().map(Take::cleared).collect(), seconds).await;
}

/// The lockouts of a try that was counted; none where it is not compared.
fn counted(outcome: &TakeOutcome) -> Vec<Lockout> {
    match outcome {
        TakeOutcome::Admitted(counted) => counted.iter().map(|(_, lockout)| *lockout).collect(),
        TakeOutcome::Refused(_) => Vec::new(),
    }
}

/// The failures after the try in each of its lockouts; none where it is not compared.
pub(super) async fn consecutive(stores: &Stores, tries: Vec<Take>, seconds: u64) -> Vec<u32> {
    counted(&count(stores, tries, seconds).await).iter().map(|lockout| lockout.consecutive).collect()
}

fn refused(key: BucketKey, retry_at: Option<u64>) -> TakeOutcome {
    TakeOutcome::Refused(vec![Refusal { key, retry_at: retry_at.map(at) }])
}

async fn a_lockout_waits_and_ends_as_its_policy_says(stores: &Stores) {
    let mut compared = Vec::new();
    for seconds in [0, 0, 0, 0, 9, 10, 29, 30, 50, 1000] {
        compared.push(count(stores, alone(1), seconds).await.is_admitted());
    }

    assert_eq!(compared, [true, true, true, false, false, true, false, true, true, false]);
    assert_eq!(count(stores, alone(1), 1000).await, refused(key(1, 0), None));
}

async fn a_try_that_is_not_compared_changes_nothing(stores: &Stores) {
    for _ in 0..3 {
        count(stores, alone(1), 0).await;
    }

    assert_eq!(count(stores, alone(1), 5).await, refused(key(1, 0), Some(10)));

    let next = Lockout { consecutive: 4, blocked_until: Some(at(30)) };
    assert_eq!(count(stores, alone(1), 10).await, TakeOutcome::Admitted(vec![(key(1, 0), next)]));
}

async fn keys_have_lockouts_of_their_own(stores: &Stores) {
    for _ in 0..3 {
        count(stores, alone(1), 0).await;
    }

    assert!(count(stores, alone(2), 0).await.is_admitted());
    assert!(count(stores, together(1, 7), 0).await.is_admitted());
    assert!(!count(stores, alone(1), 0).await.is_admitted());
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

    assert_eq!(count(stores, together(1, 5), 5).await, refused(key(1, ALL), None));
    let own = vec![together(1, 5).swap_remove(0)];
    assert_eq!(consecutive(stores, own, 5).await, [1]);
}

async fn a_try_counts_with_what_it_takes_or_not_at_all(stores: &Stores) {
    let day = Take::one(of_kind(BucketKind::WRONG_CODES, 1, 0), Limit::parse_all(&["2/1m", "5/1d"]).unwrap());
    let tried = || vec![alone(1).swap_remove(0), day.clone()];
    for failures in 1..=2 {
        assert_eq!(consecutive(stores, tried(), 0).await, [failures]);
    }

    assert_eq!(count(stores, tried(), 0).await, refused(day.key, Some(30)));
    assert_eq!(consecutive(stores, tried(), 60).await, [3]);
    assert_eq!(count(stores, tried(), 60).await, refused(key(1, 0), Some(70)));

    // The refused ones have taken nothing of the day: two are left of five.
    assert!(count(stores, vec![day.clone()], 90).await.is_admitted());
    assert!(count(stores, vec![day.clone()], 120).await.is_admitted());
    assert!(!count(stores, vec![day], 240).await.is_admitted());
}

async fn a_cleared_lockout_starts_anew(stores: &Stores) {
    for authenticator in [1, 1, 1, 2, 3] {
        count(stores, alone(authenticator), 0).await;
    }

    clear(stores, [alone(1), alone(2), alone(9)].concat(), 0).await;

    for (authenticator, then) in [(1, 1), (2, 1), (3, 2)] {
        assert_eq!(consecutive(stores, alone(authenticator), 0).await, [then], "{authenticator}");
    }
}

async fn an_authenticator_that_is_bound_anew_has_no_tries_of_anybody(stores: &Stores) {
    let day = |authenticator| {
        Take::one(of_kind(BucketKind::PASSWORD_FAILURES, authenticator, 4), Limit::parse("1/1d").unwrap())
    };
    for authenticator in [0, 1, 2, u8::MAX] {
        for seconds in 0..9 {
            count(stores, alone(authenticator), seconds * 100).await;
        }
        count(stores, [together(authenticator, 4), vec![day(authenticator)]].concat(), 0).await;
    }

    stores.buckets().clear_tries([1; 16]).await.unwrap();

    assert_eq!(consecutive(stores, alone(1), 1000).await, [1]);
    assert_eq!(consecutive(stores, [together(1, 4), vec![day(1)]].concat(), 1000).await, [1, 1]);
    for other in [0, 2, u8::MAX] {
        assert_eq!(count(stores, alone(other), 1000).await, refused(key(other, 0), None));
        assert_eq!(consecutive(stores, together(other, 4), 1000).await, [2, 2]);
        assert!(!count(stores, vec![day(other)], 1000).await.is_admitted());
    }
}

async fn a_try_that_was_never_compared_is_given_back(stores: &Stores) {
    count(stores, alone(1), 0).await;
    give_back(stores, alone(1), 0).await;
    assert_eq!(consecutive(stores, alone(1), 0).await, [1]);

    count(stores, together(1, 4), 0).await;
    count(stores, together(1, 5), 0).await;
    give_back(stores, together(1, 4), 0).await;
    assert_eq!(consecutive(stores, together(1, 4), 0).await, [1, 2]);

    // What it blocked is open again.
    count(stores, alone(1), 0).await;
    count(stores, alone(1), 0).await;
    give_back(stores, alone(1), 0).await;
    assert_eq!(consecutive(stores, alone(1), 0).await, [3]);
    clear(stores, alone(1), 0).await;
    give_back(stores, alone(1), 0).await;
    assert_eq!(consecutive(stores, alone(1), 0).await, [1]);
}

async fn what_nobody_has_added_to_is_purged_even_if_it_is_disabled(stores: &Stores) {
    for second in 0..6 {
        count(stores, alone(1), second * 100).await;
    }
    count(stores, alone(2), 0).await;
    count(stores, alone(3), 1000).await;
    // What is refused adds nothing.
    assert!(!count(stores, alone(1), 1000).await.is_admitted());
    let purge = async |seconds, limit| stores.buckets().purge_full(at(seconds), limit).await.unwrap();

    assert_eq!(purge(YEAR - 1, 9).await, 0);
    assert_eq!((purge(YEAR + 999, 1).await, purge(YEAR + 999, 9).await, purge(YEAR + 999, 9).await), (1, 1, 0));

    assert_eq!(consecutive(stores, alone(1), 1000).await, [1]);
    assert_eq!(consecutive(stores, alone(3), 1000).await, [2]);
    // One that was cleared says the same as none.
    clear(stores, alone(3), 1000).await;
    assert!(purge(1000, 9).await <= 1);
    assert_eq!(consecutive(stores, alone(3), 1000).await, [1]);
}

async fn of_many_tries_at_once_no_more_are_compared_than_one_after_the_other(stores: &Stores) {
    for round in 0..ROUNDS {
        let n = u8::try_from(round).unwrap();

        let tries = race(stores, 0..CALLS, |stores, _| async move { count(&stores, alone(n), 0).await }).await;

        let mut open: Vec<_> = tries.iter().flat_map(counted).map(|lockout| lockout.consecutive).collect();
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

        let mut compared = tries.iter().filter(|outcome| outcome.is_admitted()).count();
        assert!(compared <= 9, "round {round}: {compared}");
        // One that found it used up by another that got nothing may have been refused: its turn is still to come.
        for session in 20..40 {
            compared += usize::from(count(stores, together(n, session), 0).await.is_admitted());
        }
        assert_eq!(compared, 9, "round {round}");
    }
}

async fn of_many_tries_with_clears_among_them_none_deadlocks(stores: &Stores) {
    let outcomes = race(stores, 0..CALLS, |stores, call| async move {
        let session = u8::try_from(1 + call % 2).unwrap();
        match call % 4 {
            1 => stores.buckets().clear_tries([1; 16]).await.is_ok(),
            3 => {
                let cleared = together(1, session).iter().map(Take::cleared).collect();
                stores.buckets().refund(cleared, at(0)).await.is_ok()
            }
            _ => stores.buckets().take(together(1, session), at(u64::from(call) * 100)).await.is_ok(),
        }
    })
    .await;

    assert!(outcomes.into_iter().all(|is_ok| is_ok));
}

async fn of_many_tries_that_find_a_bucket_used_up_none_is_counted(stores: &Stores) {
    let used_up = Take::one(of_kind(BucketKind::WRONG_CODES, 1, 0), Limit::parse("1/1d").unwrap());
    let key = used_up.key;
    count(stores, vec![used_up.clone()], 0).await;

    for _ in 0..5 {
        count(stores, vec![lockout(1, 4, LockoutPolicy { backoff_after: None, ..POLICY })], 0).await;
    }

    race(stores, 0..CALLS, |stores, call| {
        // One more would disable the last of them, which others would see.
        let policy = LockoutPolicy { backoff_after: None, ..POLICY };
        let tries = vec![lockout(1, u8::try_from(call % 5).unwrap(), policy), used_up.clone()];
        async move { assert_eq!(count(&stores, tries, 0).await.refused(), [key]) }
    })
    .await;

    for caller in 0..4 {
        assert_eq!(consecutive(stores, vec![lockout(1, caller, POLICY)], 0).await, [1], "{caller}");
    }
    assert_eq!(consecutive(stores, vec![lockout(1, 4, POLICY)], 0).await, [6]);
}

async fn of_many_tries_that_share_a_bucket_those_count_that_it_admits(stores: &Stores) {
    let host = Take::one(of_kind(BucketKind::IP_FAILURES, 1, 0), Limit::parse("10/1d").unwrap());

    let compared = race(stores, 0..CALLS, |stores, call| {
        let caller = u8::try_from(call).unwrap();
        let tries = [together(caller, 1), vec![host.clone()]].concat();
        async move { (caller, counted(&count(&stores, tries, 0).await).len()) }
    })
    .await;

    assert_eq!(compared.iter().filter(|(_, lockouts)| *lockouts == 2).count(), 10);
    for (caller, lockouts) in compared {
        let failures = if lockouts > 0 { 2 } else { 1 };
        assert_eq!(consecutive(stores, together(caller, 1), 0).await, [failures; 2], "{caller}");
    }
}
