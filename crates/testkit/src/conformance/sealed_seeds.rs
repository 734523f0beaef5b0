//! Seeds of authenticator apps by the epoch they are sealed under.

use doorward_app::totp::{BeginOutcome, BeginTotp};
use doorward_kernel::{EpochId, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};

use super::{
    Stores,
    authenticators::{found, member},
    race::{CALLS, ROUNDS, race},
};
use crate::fixtures::{begin_totp, sealed_seed};

cases![
    seeds_are_counted_and_listed_by_their_epoch,
    a_seed_that_is_another_one_now_is_left_alone,
    seeds_that_many_move_at_once_are_moved_once,
];

fn sealed(n: u32, epoch: i32) -> SealedSeed {
    SealedSeed { epoch: EpochId(epoch), ..sealed_seed(n * 10 + epoch.unsigned_abs()) }
}

/// Begins an app whose seed is sealed under the epoch.
async fn begun(stores: &Stores, n: u32, epoch: i32) -> UserId {
    let member = member(stores, n).await;
    let begin = BeginTotp { seed: sealed(n, epoch), ..begin_totp(n, &member) };
    assert_eq!(stores.authenticators().begin(begin).await.unwrap(), BeginOutcome::Begun);
    member.user.id
}

fn resealed(user: UserId, n: u32, from: i32, to: i32) -> ResealedSeed {
    ResealedSeed { user, from: sealed(n, from), to: sealed(n, to) }
}

async fn seed(stores: &Stores, user: UserId) -> SealedSeed {
    found(stores, user).await.expect("the app exists").seed
}

async fn seeds_are_counted_and_listed_by_their_epoch(stores: &Stores) {
    let mut first = vec![(begun(stores, 1, 1).await, sealed(1, 1)), (begun(stores, 2, 1).await, sealed(2, 1))];
    let second = begun(stores, 3, 2).await;
    first.sort_by_key(|(user, _)| *user);

    let counts = [1, 2, 3].map(|epoch| stores.key_epochs().count_seeds(EpochId(epoch)));
    for (count, expected) in counts.into_iter().zip([2, 1, 0]) {
        assert_eq!(count.await.unwrap(), expected);
    }
    assert_eq!(stores.key_epochs().seeds(EpochId(1), None, 10).await.unwrap(), first);
    assert_eq!(stores.key_epochs().seeds(EpochId(1), None, 1).await.unwrap(), first[..1]);
    assert_eq!(stores.key_epochs().seeds(EpochId(1), Some(first[0].0), 10).await.unwrap(), first[1..]);
    assert_eq!(stores.key_epochs().seeds(EpochId(2), None, 10).await.unwrap(), [(second, sealed(3, 2))]);
}

async fn a_seed_that_is_another_one_now_is_left_alone(stores: &Stores) {
    let [first, second] = [begun(stores, 1, 1).await, begun(stores, 2, 1).await];

    let replaced = stores.key_epochs().reseal_seeds(vec![resealed(first, 1, 1, 2), resealed(second, 2, 3, 2)]);

    assert_eq!(replaced.await.unwrap(), 1);
    assert_eq!((seed(stores, first).await, seed(stores, second).await), (sealed(1, 2), sealed(2, 1)));
    assert_eq!(stores.key_epochs().count_seeds(EpochId(2)).await.unwrap(), 1);
}

async fn seeds_that_many_move_at_once_are_moved_once(stores: &Stores) {
    for round in 1..=ROUNDS {
        let user = begun(stores, round, 1).await;

        let calls = (0..CALLS).map(|_| resealed(user, round, 1, 2));
        let moved =
            race(
                stores,
                calls,
                |stores, one| async move { stores.key_epochs().reseal_seeds(vec![one]).await.unwrap() },
            );

        assert_eq!(moved.await.iter().sum::<u64>(), 1);
        assert_eq!(seed(stores, user).await, sealed(round, 2));
    }
}
