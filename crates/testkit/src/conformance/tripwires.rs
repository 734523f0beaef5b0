use doorward_kernel::AuditKind;
use doorward_limit::{Tripwire, TripwireVerdict, Wire, WireKind};

use super::{
    Stores,
    race::{count, race},
    scene::is_recorded,
};
use crate::fixtures::{at, audit};

const OPEN: TripwireVerdict = TripwireVerdict::Open;

fn prefix(n: u32) -> Wire {
    Wire { kind: WireKind::Prefix, subject: format!("141555{n}") }
}

fn country(code: &str) -> Wire {
    Wire { kind: WireKind::Country, subject: code.to_owned() }
}

async fn pass(stores: &Stores, wires: &[Wire], seconds: u64) -> Vec<TripwireVerdict> {
    stores.tripwires.pass(wires.to_vec(), at(seconds)).await.unwrap()
}

async fn find(stores: &Stores, wire: Wire) -> Option<Tripwire> {
    stores.tripwires.find(vec![wire]).await.unwrap().pop().map(|(_, state)| state)
}

/// How many sends pass, one after the other.
async fn passed(stores: &Stores, most: usize, wires: &[Wire], seconds: u64) -> usize {
    let mut passed = 0;
    for _ in 0..most {
        passed += usize::from(pass(stores, wires, seconds).await.iter().all(|verdict| *verdict == OPEN));
    }
    passed
}

async fn counted(stores: &Stores, wire: Wire) -> usize {
    find(stores, wire).await.map_or(0, |state| state.sends.len())
}

pub async fn a_wire_that_was_never_sent_to_is_not_found(stores: &Stores) {
    assert_eq!(stores.tripwires.find(vec![prefix(1), country("US")]).await.unwrap(), []);
    stores.tripwires.verified(vec![prefix(1)], at(0), at(1)).await.unwrap();
    assert_eq!(find(stores, prefix(1)).await, None);
}

pub async fn a_send_is_counted_on_every_wire(stores: &Stores) {
    let verdicts = pass(stores, &[prefix(1), country("US")], 7).await;

    assert_eq!(verdicts, [OPEN, OPEN]);
    let mut expected = Tripwire::default();
    expected.on_sent(&WireKind::Prefix.policy(), at(7));
    assert_eq!(find(stores, prefix(1)).await, Some(expected.clone()));
    assert_eq!(find(stores, country("US")).await, Some(expected));
}

pub async fn a_closed_wire_counts_on_none(stores: &Stores) {
    let wires = [prefix(1), country("US")];
    assert_eq!(passed(stores, 60, &wires, 0).await, 50);

    let verdicts = pass(stores, &wires, 1).await;

    assert_eq!(verdicts, [TripwireVerdict::Closed { until: at(24 * 3600) }, OPEN]);
    assert_eq!(counted(stores, country("US")).await, 50);
    assert_eq!(passed(stores, 60, &wires, 24 * 3600).await, 0, "the country has not seen a code either");
}

pub async fn closed_wires_are_listed_and_no_others(stores: &Stores) {
    passed(stores, 3, &[prefix(2)], 0).await;
    assert_eq!(stores.tripwires.closed(9).await.unwrap(), []);
    assert_eq!(passed(stores, 99, &[prefix(1)], 1).await, 50);

    let closed = stores.tripwires.closed(9).await.unwrap();

    assert_eq!(closed, [(prefix(1), find(stores, prefix(1)).await.unwrap())]);
    assert_eq!(stores.tripwires.closed(0).await.unwrap(), []);
    stores.tripwires.reopen(prefix(1), audit(1, AuditKind::SmsReopened)).await.unwrap();
    assert_eq!(stores.tripwires.closed(9).await.unwrap(), []);
}

pub async fn a_code_that_came_back_is_counted_by_its_send(stores: &Stores) {
    let wires = [prefix(1)];
    passed(stores, 60, &wires, 0).await;

    for _ in 0..9 {
        stores.tripwires.verified(wires.to_vec(), at(0), at(60)).await.unwrap();
    }
    assert_ne!(pass(stores, &wires, 60).await, [OPEN]);
    stores.tripwires.verified(wires.to_vec(), at(9), at(60)).await.unwrap();
    assert_ne!(pass(stores, &wires, 60).await, [OPEN]);
    stores.tripwires.verified(wires.to_vec(), at(0), at(60)).await.unwrap();

    assert_eq!(pass(stores, &wires, 60).await, [OPEN]);
}

pub async fn a_reopened_wire_starts_anew(stores: &Stores) {
    passed(stores, 60, &[prefix(1), prefix(2)], 0).await;

    let event = |n| audit(n, AuditKind::SmsReopened);
    assert!(stores.tripwires.reopen(prefix(1), event(1)).await.unwrap());
    assert!(!stores.tripwires.reopen(prefix(1), event(2)).await.unwrap());
    assert!(is_recorded(stores, &event(1)).await && !is_recorded(stores, &event(2)).await);

    assert_eq!(passed(stores, 60, &[prefix(1)], 1).await, 50);
    assert_eq!(passed(stores, 60, &[prefix(2)], 1).await, 0);
}

pub async fn untouched_wires_are_forgotten_and_no_others(stores: &Stores) {
    for n in 1..=3 {
        pass(stores, &[prefix(n)], n.into()).await;
    }

    assert_eq!(stores.tripwires.forget_untouched(at(3), 1).await.unwrap(), 1);
    assert_eq!(stores.tripwires.forget_untouched(at(3), 9).await.unwrap(), 1);
    assert_eq!(stores.tripwires.forget_untouched(at(3), 9).await.unwrap(), 0);
    assert!(find(stores, prefix(3)).await.is_some());
}

pub async fn of_many_sends_at_once_fifty_pass(stores: &Stores) {
    let verdicts = race(stores, 0..120, |stores, _| async move { pass(&stores, &[prefix(1)], 0).await }).await;

    assert_eq!(count(&verdicts, &vec![OPEN]), 50);
    assert_eq!(counted(stores, prefix(1)).await, 50);
}

pub async fn of_many_sends_over_crossing_wires_none_counts_a_part(stores: &Stores) {
    // One prefix is used up halfway, the country goes on for the other alone.
    let verdicts = race(stores, 0..80, |stores, call| async move {
        let wires = [prefix(if call % 8 == 0 { 2 } else { 1 }), country("US")];
        (wires[0].clone(), pass(&stores, &wires, 0).await)
    })
    .await;

    let through = |wire: &Wire| verdicts.iter().filter(|(on, it)| on == wire && it.iter().all(|v| *v == OPEN)).count();
    let (first, second) = (through(&prefix(1)), through(&prefix(2)));
    assert_eq!((first, second), (50, 10));
    assert_eq!(counted(stores, prefix(1)).await, first);
    assert_eq!(counted(stores, country("US")).await, first + second);
}
