use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_limit::{BucketKey, BucketKind, Leased, Limit, Refusal, Take, TakeOutcome};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
};
use crate::{MemoryBuckets, fixtures::at};

cases![
    an_unknown_bucket_is_full,
    all_buckets_are_taken_or_none,
    all_rates_of_a_limit_must_admit,
    a_refusal_tells_which_rows_and_when,
    a_refusal_takes_nothing,
    a_cost_above_the_burst_is_never_admitted,
    what_is_off_or_costs_nothing_is_admitted,
    a_bucket_named_twice_is_taken_twice,
    units_come_back_one_by_one,
    a_store_takes_as_the_arithmetic_says,
    a_lease_takes_its_units_and_tells_what_is_left,
    leases_are_granted_and_refused_each_by_itself,
    of_many_leases_at_once_no_more_is_leased_than_there_is,
    a_refund_gives_back_and_never_more_than_a_full_bucket,
    a_clock_that_steps_back_finds_a_bucket_no_fuller,
    a_smaller_limit_counts_at_once,
    kinds_and_subjects_have_buckets_of_their_own,
    full_rows_are_forgotten_and_no_others,
    no_more_are_forgotten_than_the_limit,
    of_200_takes_at_once_exactly_ten_are_admitted,
    of_many_takes_from_crossing_buckets_none_takes_a_part,
    of_many_refunds_at_once_each_gives_back_its_own,
    what_many_purge_at_once_is_told_once,
    no_forgetting_at_the_same_time_makes_a_bucket_fuller,
];

const ADMITTED: TakeOutcome = TakeOutcome::ADMITTED;

fn key(n: u8) -> BucketKey {
    BucketKey { kind: BucketKind::SMS, subject: [n; 32] }
}

fn take_of(n: u8, limit: &[&str], cost: u32) -> Take {
    Take { key: key(n), limit: Limit::parse_all(limit).unwrap(), cost }
}

fn one(n: u8, limit: &str) -> Take {
    take_of(n, &[limit], 1)
}

fn refused(n: u8, retry_at: Option<Timestamp>) -> TakeOutcome {
    TakeOutcome::Refused(vec![Refusal { key: key(n), retry_at }])
}

async fn take(stores: &Stores, takes: &[Take], seconds: u64) -> TakeOutcome {
    stores.buckets().take(takes.to_vec(), at(seconds)).await.unwrap()
}

/// Returns how many of so many takes are admitted, one after the other.
async fn admitted(stores: &Stores, most: usize, takes: &[Take], seconds: u64) -> usize {
    let mut admitted = 0;
    for _ in 0..most {
        admitted += usize::from(take(stores, takes, seconds).await == ADMITTED);
    }
    admitted
}

async fn forget(stores: &Stores, seconds: u64, limit: u32) -> u64 {
    stores.buckets().purge_full(at(seconds), limit).await.unwrap()
}

async fn an_unknown_bucket_is_full(stores: &Stores) {
    assert_eq!(admitted(stores, 9, &[one(1, "3/1m")], 0).await, 3);
}

async fn all_buckets_are_taken_or_none(stores: &Stores) {
    take(stores, &[one(2, "1/1m")], 0).await;

    let refusal = take(stores, &[one(1, "2/1m"), one(2, "1/1m"), one(3, "2/1m")], 0).await;

    assert_eq!(refusal, refused(2, Some(at(60))));
    assert_eq!(admitted(stores, 9, &[one(1, "2/1m")], 0).await, 2);
    assert_eq!(admitted(stores, 9, &[one(3, "2/1m")], 0).await, 2);
}

async fn all_rates_of_a_limit_must_admit(stores: &Stores) {
    let takes = [take_of(1, &["2/1m", "3/1h"], 1)];

    assert_eq!(admitted(stores, 9, &takes, 0).await, 2);
    assert_eq!(admitted(stores, 9, &takes, 60).await, 1);
    assert_eq!(take(stores, &takes, 120).await, refused(1, Some(at(1200))));
}

async fn a_refusal_tells_which_rows_and_when(stores: &Stores) {
    let takes = [one(1, "1/1m"), one(2, "1/1h"), one(3, "5/1m")];
    take(stores, &takes, 0).await;

    let refusal = take(stores, &takes, 10).await;

    assert_eq!(refusal.refused(), [key(1), key(2)]);
    assert_eq!(refusal.retry_at(), Some(at(3600)));
}

async fn a_refusal_takes_nothing(stores: &Stores) {
    take(stores, &[one(1, "1/1m")], 0).await;

    for second in 1..60 {
        assert_eq!(take(stores, &[one(1, "1/1m")], second).await, refused(1, Some(at(60))));
    }

    assert_eq!(take(stores, &[one(1, "1/1m")], 60).await, ADMITTED);
}

async fn a_cost_above_the_burst_is_never_admitted(stores: &Stores) {
    let refusal = take(stores, &[take_of(1, &["2/1m"], 3), one(2, "1/1m")], 0).await;

    assert_eq!(refusal, refused(1, None));
    assert_eq!(take(stores, &[one(2, "1/1m")], 0).await, ADMITTED);
    assert_eq!(take(stores, &[take_of(1, &["2/1m"], 2)], 0).await, ADMITTED);
}

async fn what_is_off_or_costs_nothing_is_admitted(stores: &Stores) {
    take(stores, &[one(1, "1/1m")], 0).await;

    for takes in [vec![], vec![one(1, "off")], vec![take_of(1, &["1/1m"], 0)]] {
        assert_eq!(take(stores, &takes, 0).await, ADMITTED, "{takes:?}");
    }
}

async fn a_bucket_named_twice_is_taken_twice(stores: &Stores) {
    let alike = [one(1, "3/1m"), one(1, "3/1m")];
    let unlike = [one(2, "3/1m"), one(2, "2/1m"), one(3, "1/1m")];

    assert_eq!(admitted(stores, 9, &alike, 0).await, 1);
    assert_eq!(admitted(stores, 9, &[one(1, "3/1m")], 0).await, 1);
    assert_eq!(take(stores, &unlike, 0).await, ADMITTED);
    assert_eq!(take(stores, &[one(3, "1/1m")], 0).await, refused(3, Some(at(60))));
}

async fn units_come_back_one_by_one(stores: &Stores) {
    let takes = [one(1, "6/1m")];
    admitted(stores, 6, &takes, 0).await;

    assert_eq!(admitted(stores, 9, &takes, 9).await, 0);
    assert_eq!(admitted(stores, 9, &takes, 10).await, 1);
    assert_eq!(admitted(stores, 9, &takes, 31).await, 2);
    assert_eq!(admitted(stores, 9, &takes, 1000).await, 6);
}

/// A few hundred takes and refunds in an order that is the same each time.
async fn a_store_takes_as_the_arithmetic_says(stores: &Stores) {
    let limits = ["3/1m", "1/1s burst 4", "7/1h", "20/1d burst 3"];
    let (mut memory_buckets, mut dice) = (MemoryBuckets::default(), 0x2545_f491_4f6c_dd1d_u64);
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    let mut now = at(0);
    for step in 0..300 {
        now = now + Duration::from_millis(roll(20_000));
        let takes: Vec<_> = (0..=roll(3))
            .map(|_| {
                let n = u8::try_from(roll(4)).unwrap();
                take_of(n, &[limits[usize::from(n)], "9/10m"], u32::try_from(roll(4)).unwrap())
            })
            .collect();
        if roll(4) == 0 {
            stores.buckets().refund(takes.clone(), now).await.unwrap();
            memory_buckets.refund(&takes, now);
        } else {
            let outcome = stores.buckets().take(takes.clone(), now).await.unwrap();
            assert_eq!(outcome, memory_buckets.take(&takes, now), "step {step}: {takes:?}");
        }
    }
}

async fn a_lease_takes_its_units_and_tells_what_is_left(stores: &Stores) {
    let leased = stores.buckets().lease(vec![take_of(1, &["10/1h", "50/1d"], 4)], at(0)).await.unwrap();

    assert_eq!(leased, [Leased::Granted { left: vec![6, 46] }]);
    stores.buckets().refund(vec![take_of(1, &["10/1h", "50/1d"], 3)], at(0)).await.unwrap();
    assert_eq!(admitted(stores, 99, &[one(1, "10/1h")], 0).await, 9);
    assert_eq!(admitted(stores, 99, &[one(1, "50/1d")], 0).await, 49);
}

async fn leases_are_granted_and_refused_each_by_itself(stores: &Stores) {
    admitted(stores, 2, &[one(2, "2/1m")], 0).await;
    let takes = vec![one(1, "5/1m"), take_of(2, &["2/1m", "9/1h"], 1), take_of(3, &["2/1m"], 3), one(4, "off")];

    let leased = stores.buckets().lease(takes, at(0)).await.unwrap();

    let expected = [
        Leased::Granted { left: vec![4] },
        Leased::Refused { retry_at: Some(at(30)) },
        Leased::Refused { retry_at: None },
        Leased::Granted { left: vec![] },
    ];
    assert_eq!(leased, expected);
    assert_eq!(admitted(stores, 99, &[one(2, "9/1h")], 0).await, 9);
    assert_eq!(admitted(stores, 99, &[one(3, "2/1m")], 0).await, 2);
}

async fn of_many_leases_at_once_no_more_is_leased_than_there_is(stores: &Stores) {
    let leased = race(stores, 0..CALLS, |stores, _| async move {
        stores.buckets().lease(vec![take_of(1, &["20/1h"], 3)], at(0)).await.unwrap()
    })
    .await;

    let granted = leased.iter().filter(|leased| matches!(leased[0], Leased::Granted { .. })).count();
    assert_eq!(granted, 6);
    assert_eq!(admitted(stores, 99, &[one(1, "20/1h")], 0).await, 2);
}

async fn a_refund_gives_back_and_never_more_than_a_full_bucket(stores: &Stores) {
    let takes = [one(1, "3/1m"), one(2, "3/1m")];
    admitted(stores, 3, &takes, 0).await;

    stores.buckets().refund(takes.to_vec(), at(0)).await.unwrap();
    assert_eq!(admitted(stores, 9, &takes, 0).await, 1);

    stores.buckets().refund(vec![take_of(1, &["3/1m"], 9), one(7, "3/1m")], at(0)).await.unwrap();
    assert_eq!(admitted(stores, 9, &[one(1, "3/1m")], 0).await, 3);
    assert_eq!(admitted(stores, 9, &[one(7, "3/1m")], 0).await, 3);
}

async fn a_clock_that_steps_back_finds_a_bucket_no_fuller(stores: &Stores) {
    let takes = [one(1, "2/1m")];
    admitted(stores, 2, &takes, 1_000_000).await;

    assert_eq!(take(stores, &takes, 0).await, refused(1, Some(at(30))));
    // It was stored as empty at that instant, and comes back from there.
    assert_eq!(admitted(stores, 9, &takes, 30).await, 1);
}

async fn a_smaller_limit_counts_at_once(stores: &Stores) {
    admitted(stores, 8, &[one(1, "10/1m")], 0).await;

    assert_eq!(admitted(stores, 9, &[one(1, "2/1m")], 0).await, 0);
    assert_eq!(admitted(stores, 9, &[one(1, "10/1m")], 0).await, 2);
}

async fn kinds_and_subjects_have_buckets_of_their_own(stores: &Stores) {
    let of = |kind, n: u8| Take::one(BucketKey { kind, subject: [n; 32] }, Limit::parse("1/1m").unwrap());

    for takes in [of(BucketKind::SMS, 1), of(BucketKind::SMS, 2), of(BucketKind::EMAIL, 1)] {
        assert_eq!(admitted(stores, 9, &[takes], 0).await, 1);
    }
}

async fn full_rows_are_forgotten_and_no_others(stores: &Stores) {
    take(stores, &[one(1, "1/1m"), one(2, "1/1h"), one(3, "1/1m")], 0).await;

    assert_eq!(forget(stores, 59, 10).await, 0);
    assert_eq!(forget(stores, 60, 10).await, 2);
    assert_eq!(forget(stores, 60, 10).await, 0);
    assert_eq!(take(stores, &[one(2, "1/1h")], 60).await, refused(2, Some(at(3600))));
}

async fn no_more_are_forgotten_than_the_limit(stores: &Stores) {
    for n in 1..=5 {
        take(stores, &[one(n, "1/1m")], 0).await;
    }

    assert_eq!(forget(stores, 60, 2).await, 2);
    assert_eq!(forget(stores, 60, 9).await, 3);
}

async fn of_200_takes_at_once_exactly_ten_are_admitted(stores: &Stores) {
    for round in 0..ROUNDS {
        let n = u8::try_from(round).unwrap();

        let outcomes = race(stores, 0..200, |stores, _| async move {
            stores.buckets().take(vec![take_of(n, &["10/1h", "50/1d"], 1)], at(0)).await.unwrap()
        })
        .await;

        assert_eq!(count(&outcomes, &ADMITTED), 10, "round {round}");
        assert_eq!(admitted(stores, 99, &[one(n, "50/1d")], 0).await, 40, "round {round}");
    }
}

async fn of_many_takes_from_crossing_buckets_none_takes_a_part(stores: &Stores) {
    // Each takes from two of three buckets, named in any order; all hold twelve.
    let pairs = [[1, 2], [2, 3], [3, 1], [2, 1], [3, 2], [1, 3]];
    let outcomes = race(stores, 0..CALLS, |stores, call| async move {
        let pair = pairs[call as usize % pairs.len()];
        let outcome = stores.buckets().take(pair.map(|n| one(n, "12/1h")).to_vec(), at(0)).await.unwrap();
        (pair, outcome == ADMITTED)
    })
    .await;

    for n in 1..=3 {
        let taken = outcomes.iter().filter(|(pair, is_taken)| *is_taken && pair.contains(&n)).count();
        assert_eq!(admitted(stores, 20, &[one(n, "12/1h")], 0).await, 12 - taken, "bucket {n}");
    }
}

async fn of_many_refunds_at_once_each_gives_back_its_own(stores: &Stores) {
    let limit = "40/1h";
    admitted(stores, 40, &[one(1, limit), one(2, limit)], 0).await;

    race(stores, 0..CALLS, |stores, call| async move {
        let (first, second) = if call % 2 == 0 { (1, 2) } else { (2, 1) };
        stores.buckets().refund(vec![one(first, limit), one(second, limit)], at(0)).await.unwrap();
    })
    .await;

    for n in 1..=2 {
        assert_eq!(admitted(stores, 99, &[one(n, limit)], 0).await, CALLS as usize);
    }
}

async fn what_many_purge_at_once_is_told_once(stores: &Stores) {
    for n in 1..=20 {
        take(stores, &[one(n, "1/1m")], 0).await;
    }

    let forgotten = race(stores, 0..8, |stores, _| async move { forget(&stores, 60, 100).await }).await;

    let rest = forget(stores, 60, 100).await;
    assert_eq!(forgotten.iter().sum::<u64>() + rest, 20);
}

async fn no_forgetting_at_the_same_time_makes_a_bucket_fuller(stores: &Stores) {
    for round in 0..ROUNDS {
        let n = u8::try_from(round).unwrap();
        take(stores, &[one(n, "5/1m")], 0).await;
        let now = at(60) + Duration::from_secs(1);

        let outcomes = race(stores, 0..CALLS, |stores, call| async move {
            if call % 4 == 0 {
                stores.buckets().purge_full(now, 100).await.unwrap();
                return None;
            }
            Some(stores.buckets().take(vec![one(n, "5/1m")], now).await.unwrap())
        })
        .await;

        let taken: Vec<_> = outcomes.into_iter().flatten().collect();
        assert_eq!(count(&taken, &ADMITTED), 5, "round {round}");
    }
}
