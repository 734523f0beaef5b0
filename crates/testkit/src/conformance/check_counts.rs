use doorward_kernel::Timestamp;
use doorward_limit::{CheckKind, CheckSlot};

use super::{
    Stores,
    race::{CALLS, race},
};
use crate::fixtures::at;

cases![
    what_nodes_count_is_added_up_by_kind_and_slot,
    what_began_before_the_oldest_is_deleted,
    of_many_that_add_at_once_none_is_lost,
];

fn slot(kind: CheckKind, seconds: u64, failed: u64, total: u64) -> CheckSlot {
    CheckSlot { kind, starts_at: at(seconds), failed, total }
}

async fn exchange(stores: &Stores, counted: &[CheckSlot], oldest: Timestamp) -> Vec<CheckSlot> {
    stores.check_counts().exchange(counted.to_vec(), oldest).await.unwrap()
}

async fn what_nodes_count_is_added_up_by_kind_and_slot(stores: &Stores) {
    let of = |seconds, failed, total| slot(CheckKind::Code, seconds, failed, total);
    let of_passwords = slot(CheckKind::Password, 8, 4, 4);

    let first = exchange(stores, &[of_passwords, of(8, 2, 3), of(7, 1, 1)], at(0)).await;
    let second = exchange(stores, &[of(8, 0, 5)], at(0)).await;
    let third = exchange(stores, &[], at(0)).await;

    assert_eq!(first, [of(7, 1, 1), of(8, 2, 3), of_passwords]);
    assert_eq!(second, [of(7, 1, 1), of(8, 2, 8), of_passwords]);
    assert_eq!(third, second);
}

async fn what_began_before_the_oldest_is_deleted(stores: &Stores) {
    let kinds = [CheckKind::Code, CheckKind::Password];
    exchange(stores, &kinds.map(|kind| [slot(kind, 1, 1, 1), slot(kind, 2, 1, 1)]).concat(), at(0)).await;

    let after = exchange(stores, &[], at(2)).await;

    assert_eq!(after, kinds.map(|kind| slot(kind, 2, 1, 1)));
    assert_eq!(exchange(stores, &[], at(0)).await, after);
}

async fn of_many_that_add_at_once_none_is_lost(stores: &Stores) {
    let of = |seconds, failed, total| slot(CheckKind::Password, seconds, failed, total);
    race(stores, 0..CALLS, |stores, n| async move {
        // Half of them in the other order, so that rows cross.
        let mut counted = vec![of(1, 1, 2), of(2, 0, 1)];
        if n % 2 == 1 {
            counted.reverse();
        }
        exchange(&stores, &counted, at(0)).await;
    })
    .await;

    let calls = u64::from(CALLS);
    assert_eq!(exchange(stores, &[], at(0)).await, [of(1, calls, calls * 2), of(2, 0, calls)]);
}
