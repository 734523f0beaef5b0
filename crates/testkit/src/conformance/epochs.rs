//! Key epochs, shared by all nodes.

use doorward_app::keys::RetireOutcome;
use doorward_kernel::{AuditEvent, AuditKind, EpochId, KeyEpoch};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::is_recorded,
};
use crate::fixtures::{at, audit};

cases![
    there_are_none_before_one_is_added,
    epochs_read_back_oldest_first,
    a_taken_number_keeps_its_epoch,
    nodes_that_add_one_number_at_once_all_see_one_epoch,
    a_retired_epoch_says_since_when,
    an_epoch_is_retired_once,
    an_unknown_epoch_is_not_retired,
    an_epoch_without_one_in_its_place_is_needed,
    of_many_that_retire_every_epoch_at_once_one_epoch_stays,
];

fn epoch(id: i32) -> KeyEpoch {
    let mut salt = [0; 32];
    salt.iter_mut().zip(0_u8..).for_each(|(byte, i)| *byte = i.wrapping_mul(37).wrapping_sub(1));
    KeyEpoch { id: EpochId(id), salt, root_check: None, not_before: at(u64::from(id.unsigned_abs())), retired_at: None }
}

fn added(n: u32) -> AuditEvent {
    audit(n, AuditKind::EpochAdded)
}

fn retired(n: u32) -> AuditEvent {
    audit(n, AuditKind::EpochRetired)
}

/// Adds epochs 1 to `last`, which begin at the second of their number.
async fn begun(stores: &Stores, last: i32) {
    for id in 1..=last {
        stores.key_epochs().add(epoch(id), added(id.unsigned_abs())).await.unwrap();
    }
}

async fn retire(stores: &Stores, id: i32, second: u64) -> RetireOutcome {
    stores.key_epochs().retire(EpochId(id), at(second), retired(id.unsigned_abs())).await.unwrap()
}

async fn there_are_none_before_one_is_added(stores: &Stores) {
    assert_eq!(stores.key_epochs().list().await.unwrap(), []);
}

async fn epochs_read_back_oldest_first(stores: &Stores) {
    let [first, second, third] = [
        epoch(1),
        KeyEpoch { retired_at: Some(at(77)), ..epoch(2) },
        KeyEpoch { salt: [0xff; 32], root_check: Some([0x80; 32]), ..epoch(30) },
    ];
    for (n, epoch) in [(3, &third), (1, &first)] {
        stores.key_epochs().add(epoch.clone(), added(n)).await.unwrap();
    }

    let all = stores.key_epochs().add(second.clone(), added(2)).await.unwrap();

    assert_eq!(all, [first, second, third]);
    assert_eq!(stores.key_epochs().list().await.unwrap(), all);
    assert!(is_recorded(stores, &added(2)).await);
}

async fn a_taken_number_keeps_its_epoch(stores: &Stores) {
    stores.key_epochs().add(epoch(1), added(1)).await.unwrap();

    let listed = stores.key_epochs().add(KeyEpoch { salt: [1; 32], ..epoch(1) }, added(2)).await.unwrap();

    assert_eq!(listed, [epoch(1)]);
    assert_eq!(stores.key_epochs().list().await.unwrap(), [epoch(1)]);
    assert!(!is_recorded(stores, &added(2)).await);
}

async fn nodes_that_add_one_number_at_once_all_see_one_epoch(stores: &Stores) {
    for id in (1_i32..).take(ROUNDS as usize) {
        let event = |i| added(id.unsigned_abs() * CALLS + i);
        let candidate = |i| KeyEpoch { salt: [u8::try_from(i).unwrap(); 32], ..epoch(id) };
        let candidates = (0..CALLS).map(|i| (candidate(i), event(i)));

        let seen = race(stores, candidates, |stores, (epoch, audit)| async move {
            stores.key_epochs().add(epoch, audit).await.unwrap()
        })
        .await;

        let kept = stores.key_epochs().list().await.unwrap();
        assert_eq!(kept.len(), usize::try_from(id).unwrap());
        assert!(seen.iter().all(|listed| *listed == kept));
    }
}

async fn a_retired_epoch_says_since_when(stores: &Stores) {
    begun(stores, 2).await;

    let outcome = retire(stores, 1, 60).await;

    assert_eq!(outcome, RetireOutcome::Retired);
    let expected = [KeyEpoch { retired_at: Some(at(60)), ..epoch(1) }, epoch(2)];
    assert_eq!(stores.key_epochs().list().await.unwrap(), expected);
    assert!(is_recorded(stores, &retired(1)).await);
}

async fn an_epoch_is_retired_once(stores: &Stores) {
    begun(stores, 2).await;
    retire(stores, 1, 60).await;

    let again = stores.key_epochs().retire(EpochId(1), at(70), retired(9)).await.unwrap();

    assert_eq!(again, RetireOutcome::AlreadyRetired);
    assert_eq!(stores.key_epochs().list().await.unwrap()[0].retired_at, Some(at(60)));
    assert!(!is_recorded(stores, &retired(9)).await);
}

async fn an_unknown_epoch_is_not_retired(stores: &Stores) {
    begun(stores, 2).await;

    assert_eq!(retire(stores, 7, 60).await, RetireOutcome::NotFound);
    assert!(!is_recorded(stores, &retired(7)).await);
}

async fn an_epoch_without_one_in_its_place_is_needed(stores: &Stores) {
    begun(stores, 1).await;
    let waiting = KeyEpoch { not_before: at(61), ..epoch(2) };
    stores.key_epochs().add(waiting.clone(), added(2)).await.unwrap();

    assert_eq!(retire(stores, 1, 60).await, RetireOutcome::Needed);
    assert_eq!(stores.key_epochs().list().await.unwrap(), [epoch(1), waiting]);
    assert!(!is_recorded(stores, &retired(1)).await);
    assert_eq!(retire(stores, 1, 61).await, RetireOutcome::Retired);
}

async fn of_many_that_retire_every_epoch_at_once_one_epoch_stays(stores: &Stores) {
    for _ in 0..ROUNDS {
        let first = stores.key_epochs().list().await.unwrap().last().map_or(0, |epoch| epoch.id.0);
        let numbers = first + 1..=first + 4;
        for id in numbers.clone() {
            stores.key_epochs().add(epoch(id), added(id.unsigned_abs())).await.unwrap();
        }
        let standing = stores.key_epochs().list().await.unwrap().into_iter().filter(|epoch| epoch.retired_at.is_none());

        let ids: Vec<_> = standing.map(|epoch| epoch.id.0).collect();
        let outcomes = race(stores, ids.clone(), |stores, id| async move { retire(&stores, id, 1_000).await }).await;

        assert_eq!(count(&outcomes, &RetireOutcome::Retired), ids.len() - 1);
        assert_eq!(count(&outcomes, &RetireOutcome::Needed), 1);
    }
}
