use doorward_limit::{CheckKind, CheckSlot};

use super::{
    Stores,
    race::{CALLS, race},
};

cases![
    what_nodes_count_is_added_up_by_slot,
    kinds_are_counted_apart_and_forgotten_apart,
    of_many_that_add_at_once_none_is_lost,
];

fn bucket(slot: i64, failed: u64, total: u64) -> CheckSlot {
    CheckSlot { slot, failed, total }
}

async fn add(stores: &Stores, kind: CheckKind, counted: &[CheckSlot]) {
    stores.check_counts().add(kind, counted.to_vec()).await.unwrap();
}

async fn since(stores: &Stores, kind: CheckKind, oldest: i64) -> Vec<CheckSlot> {
    stores.check_counts().since(kind, oldest).await.unwrap()
}

async fn what_nodes_count_is_added_up_by_slot(stores: &Stores) {
    add(stores, CheckKind::Code, &[bucket(8, 2, 3), bucket(7, 1, 1)]).await;
    add(stores, CheckKind::Code, &[bucket(8, 0, 5)]).await;
    add(stores, CheckKind::Code, &[]).await;

    assert_eq!(since(stores, CheckKind::Code, 0).await, [bucket(7, 1, 1), bucket(8, 2, 8)]);
    assert_eq!(since(stores, CheckKind::Code, 8).await, [bucket(8, 2, 8)]);
    assert_eq!(since(stores, CheckKind::Code, 9).await, []);
}

async fn kinds_are_counted_apart_and_forgotten_apart(stores: &Stores) {
    for kind in [CheckKind::Code, CheckKind::Password] {
        add(stores, kind, &[bucket(1, 1, 1), bucket(2, 1, 1)]).await;
    }

    assert_eq!(stores.check_counts().purge_before(CheckKind::Code, 2).await.unwrap(), 1);
    assert_eq!(stores.check_counts().purge_before(CheckKind::Code, 2).await.unwrap(), 0);

    assert_eq!(since(stores, CheckKind::Code, 0).await, [bucket(2, 1, 1)]);
    assert_eq!(since(stores, CheckKind::Password, 0).await, [bucket(1, 1, 1), bucket(2, 1, 1)]);
}

async fn of_many_that_add_at_once_none_is_lost(stores: &Stores) {
    race(stores, 0..CALLS, |stores, n| async move {
        // Half of them in the other order, so that rows cross.
        let mut counted = vec![bucket(1, 1, 2), bucket(2, 0, 1)];
        if n % 2 == 1 {
            counted.reverse();
        }
        add(&stores, CheckKind::Password, &counted).await;
    })
    .await;

    let calls = u64::from(CALLS);
    assert_eq!(since(stores, CheckKind::Password, 0).await, [bucket(1, calls, calls * 2), bucket(2, 0, calls)]);
}
