//! Key epochs, shared by all nodes.

use doorward_kernel::{EpochId, KeyEpoch};

use super::{
    Stores,
    race::{CALLS, ROUNDS, race},
};
use crate::fixtures::at;

fn epoch(id: i32) -> KeyEpoch {
    let mut salt = [0; 32];
    salt.iter_mut().zip(0_u8..).for_each(|(byte, i)| *byte = i.wrapping_mul(37).wrapping_sub(1));
    KeyEpoch { id: EpochId(id), salt, not_before: at(u64::from(id.unsigned_abs())), retired_at: None }
}

pub async fn there_are_none_before_one_is_added(stores: &Stores) {
    assert_eq!(stores.epochs.list().await.unwrap(), []);
}

pub async fn epochs_read_back_oldest_first(stores: &Stores) {
    let [first, second, third] =
        [epoch(1), KeyEpoch { retired_at: Some(at(77)), ..epoch(2) }, KeyEpoch { salt: [0xff; 32], ..epoch(30) }];
    for epoch in [&third, &first] {
        stores.epochs.add(epoch.clone()).await.unwrap();
    }

    let added = stores.epochs.add(second.clone()).await.unwrap();

    assert_eq!(added, [first, second, third]);
    assert_eq!(stores.epochs.list().await.unwrap(), added);
}

pub async fn a_taken_number_keeps_its_epoch(stores: &Stores) {
    stores.epochs.add(epoch(1)).await.unwrap();

    let listed = stores.epochs.add(KeyEpoch { salt: [1; 32], ..epoch(1) }).await.unwrap();

    assert_eq!(listed, [epoch(1)]);
    assert_eq!(stores.epochs.list().await.unwrap(), [epoch(1)]);
}

pub async fn nodes_that_add_one_number_at_once_all_see_one_epoch(stores: &Stores) {
    for id in (1..).take(ROUNDS as usize) {
        let candidates = (0..CALLS).map(|i| KeyEpoch { salt: [u8::try_from(i).unwrap(); 32], ..epoch(id) });

        let seen =
            race(stores, candidates, |stores, epoch| async move { stores.epochs.add(epoch).await.unwrap() }).await;

        let kept = stores.epochs.list().await.unwrap();
        assert_eq!(kept.len(), usize::try_from(id).unwrap());
        assert!(seen.iter().all(|listed| *listed == kept));
    }
}
