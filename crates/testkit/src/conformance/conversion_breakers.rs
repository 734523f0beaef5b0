use doorward_kernel::{AuditKind, Timestamp};
use doorward_limit::{BreakerPolicy, ConversionBreaker, SmsDestination};

use super::{
    Stores,
    race::{count, race},
    scene::is_recorded,
};
use crate::fixtures::{at, audit};

cases![
    a_destination_that_was_never_sent_to_is_not_found,
    a_send_is_counted_on_every_destination,
    a_closed_destination_counts_on_none,
    closed_destinations_are_listed_and_no_others,
    a_code_that_came_back_is_counted_by_its_send,
    a_reopened_destination_starts_anew,
    untouched_destinations_are_forgotten_and_no_others,
    of_many_sends_at_once_fifty_pass,
    of_many_sends_over_crossing_destinations_none_counts_a_part,
];

const OPEN: Option<Timestamp> = None;

fn prefix(n: u32) -> SmsDestination {
    SmsDestination::Prefix(format!("141555{n}"))
}

fn country(code: &str) -> SmsDestination {
    SmsDestination::Country(code.to_owned())
}

async fn try_send(stores: &Stores, destinations: &[SmsDestination], seconds: u64) -> Vec<Option<Timestamp>> {
    stores.conversion_breakers().try_send(destinations.to_vec(), at(seconds)).await.unwrap()
}

async fn find(stores: &Stores, destination: SmsDestination) -> Option<ConversionBreaker> {
    stores.conversion_breakers().find(vec![destination]).await.unwrap().pop().map(|(_, state)| state)
}

/// Returns how many sends pass, one after the other.
async fn passed(stores: &Stores, most: usize, destinations: &[SmsDestination], seconds: u64) -> usize {
    let mut passed = 0;
    for _ in 0..most {
        passed += usize::from(try_send(stores, destinations, seconds).await.iter().all(|verdict| *verdict == OPEN));
    }
    passed
}

async fn counted(stores: &Stores, destination: SmsDestination) -> usize {
    find(stores, destination).await.map_or(0, |state| state.sends.len())
}

async fn a_destination_that_was_never_sent_to_is_not_found(stores: &Stores) {
    assert_eq!(stores.conversion_breakers().find(vec![prefix(1), country("US")]).await.unwrap(), []);
    stores.conversion_breakers().verified(vec![prefix(1)], at(0), at(1)).await.unwrap();
    assert_eq!(find(stores, prefix(1)).await, None);
}

async fn a_send_is_counted_on_every_destination(stores: &Stores) {
    let verdicts = try_send(stores, &[prefix(1), country("US")], 7).await;

    assert_eq!(verdicts, [OPEN, OPEN]);
    let mut expected = ConversionBreaker::default();
    expected.on_sent(&BreakerPolicy::PREFIX, at(7));
    assert_eq!(find(stores, prefix(1)).await, Some(expected.clone()));
    assert_eq!(find(stores, country("US")).await, Some(expected));
}

async fn a_closed_destination_counts_on_none(stores: &Stores) {
    let destinations = [prefix(1), country("US")];
    assert_eq!(passed(stores, 60, &destinations, 0).await, 50);

    let verdicts = try_send(stores, &destinations, 1).await;

    assert_eq!(verdicts, [Some(at(24 * 3600)), OPEN]);
    assert_eq!(counted(stores, country("US")).await, 50);
    assert_eq!(passed(stores, 60, &destinations, 24 * 3600).await, 0, "the country has not seen a code either");
}

async fn closed_destinations_are_listed_and_no_others(stores: &Stores) {
    passed(stores, 3, &[prefix(2)], 0).await;
    assert_eq!(stores.conversion_breakers().closed(9).await.unwrap(), []);
    assert_eq!(passed(stores, 99, &[prefix(1)], 1).await, 50);

    let closed = stores.conversion_breakers().closed(9).await.unwrap();

    assert_eq!(closed, [(prefix(1), find(stores, prefix(1)).await.unwrap())]);
    assert_eq!(stores.conversion_breakers().closed(0).await.unwrap(), []);
    stores.conversion_breakers().reopen(prefix(1), audit(1, AuditKind::SmsReopened)).await.unwrap();
    assert_eq!(stores.conversion_breakers().closed(9).await.unwrap(), []);
}

async fn a_code_that_came_back_is_counted_by_its_send(stores: &Stores) {
    let destinations = [prefix(1)];
    passed(stores, 60, &destinations, 0).await;

    for _ in 0..9 {
        stores.conversion_breakers().verified(destinations.to_vec(), at(0), at(60)).await.unwrap();
    }
    assert_ne!(try_send(stores, &destinations, 60).await, [OPEN]);
    stores.conversion_breakers().verified(destinations.to_vec(), at(9), at(60)).await.unwrap();
    assert_ne!(try_send(stores, &destinations, 60).await, [OPEN]);
    stores.conversion_breakers().verified(destinations.to_vec(), at(0), at(60)).await.unwrap();

    assert_eq!(try_send(stores, &destinations, 60).await, [OPEN]);
}

async fn a_reopened_destination_starts_anew(stores: &Stores) {
    passed(stores, 60, &[prefix(1), prefix(2)], 0).await;

    let event = |n| audit(n, AuditKind::SmsReopened);
    assert!(stores.conversion_breakers().reopen(prefix(1), event(1)).await.unwrap());
    assert!(!stores.conversion_breakers().reopen(prefix(1), event(2)).await.unwrap());
    assert!(is_recorded(stores, &event(1)).await && !is_recorded(stores, &event(2)).await);

    assert_eq!(passed(stores, 60, &[prefix(1)], 1).await, 50);
    assert_eq!(passed(stores, 60, &[prefix(2)], 1).await, 0);
}

async fn untouched_destinations_are_forgotten_and_no_others(stores: &Stores) {
    for n in 1..=3 {
        try_send(stores, &[prefix(n)], n.into()).await;
    }

    assert_eq!(stores.conversion_breakers().purge_untouched(at(3), 1).await.unwrap(), 1);
    assert_eq!(stores.conversion_breakers().purge_untouched(at(3), 9).await.unwrap(), 1);
    assert_eq!(stores.conversion_breakers().purge_untouched(at(3), 9).await.unwrap(), 0);
    assert!(find(stores, prefix(3)).await.is_some());
}

async fn of_many_sends_at_once_fifty_pass(stores: &Stores) {
    let verdicts = race(stores, 0..120, |stores, _| async move { try_send(&stores, &[prefix(1)], 0).await }).await;

    assert_eq!(count(&verdicts, &vec![OPEN]), 50);
    assert_eq!(counted(stores, prefix(1)).await, 50);
}

async fn of_many_sends_over_crossing_destinations_none_counts_a_part(stores: &Stores) {
    // One prefix is used up halfway, the country goes on for the other alone.
    let verdicts = race(stores, 0..80, |stores, call| async move {
        let destinations = [prefix(if call % 8 == 0 { 2 } else { 1 }), country("US")];
        (destinations[0].clone(), try_send(&stores, &destinations, 0).await)
    })
    .await;

    let through = |destination: &SmsDestination| {
        verdicts.iter().filter(|(on, it)| on == destination && it.iter().all(|v| *v == OPEN)).count()
    };
    let (first, second) = (through(&prefix(1)), through(&prefix(2)));
    assert_eq!((first, second), (50, 10));
    assert_eq!(counted(stores, prefix(1)).await, first);
    assert_eq!(counted(stores, country("US")).await, first + second);
}
