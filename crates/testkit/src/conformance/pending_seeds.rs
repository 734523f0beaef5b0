//! The seeds of authenticator apps that are pending, as keys are replaced.

use doorward_app::totp::PendingAuthenticator;
use doorward_kernel::EpochId;
use doorward_otp::{ResealedSeed, SealedSeed};

use super::{
    Stores,
    authenticators::{enrolled, found, member},
    pending_authenticators::{begin_of, schedule, schedule_of, take_of},
    race::{CALLS, race},
    scene::pending_authenticator,
};
use crate::fixtures::sealed_seed;

cases![
    neither_seed_of_a_user_is_missed_between_two_lists,
    a_seed_that_was_moved_is_pending_as_it_is,
    a_seed_that_takes_effect_while_it_is_moved_is_moved,
    seeds_that_are_pending_are_counted_and_moved_like_all,
];

async fn neither_seed_of_a_user_is_missed_between_two_lists(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let pending = schedule(stores, 1, &owner).await;
    let other = enrolled(stores, 2).await.user.id;
    let all = [(owner.user.id, sealed_seed(1)), (owner.user.id, pending.seed), (other, sealed_seed(1))];

    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let found = stores.key_epochs().seeds(EpochId(1), after, 1).await.unwrap();
        let Some((last, _)) = found.last() else { break };
        after = Some(*last);
        listed.extend(found);
    }

    assert_eq!(listed.len(), all.len());
    assert!(all.iter().all(|seed| listed.contains(seed)), "{listed:?}");
}

async fn a_seed_that_was_moved_is_pending_as_it_is(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    stores.pending_authenticators().begin(begin_of(1, &owner)).await.unwrap();
    let (hold, to) = (schedule_of(1, &owner), SealedSeed { epoch: EpochId(2), ..sealed_seed(99) });
    let moved = ResealedSeed { user: owner.user.id, from: hold.pending.seed.clone(), to: to.clone() };
    stores.key_epochs().reseal_seeds(vec![moved]).await.unwrap();

    stores.pending_authenticators().schedule(hold.clone()).await.unwrap();

    let expected = PendingAuthenticator { seed: to, ..hold.pending };
    assert_eq!(pending_authenticator(stores, expected.id).await, Some(expected));
}

async fn a_seed_that_takes_effect_while_it_is_moved_is_moved(stores: &Stores) {
    // Moved once, as nobody would move it again before its epoch is retired.
    for n in 1..=20 {
        let owner = if n % 2 == 0 { enrolled(stores, n).await } else { member(stores, n).await };
        let pending = schedule(stores, n, &owner).await;
        let to = SealedSeed { epoch: EpochId(2), ..sealed_seed(500 + n) };

        let calls = (0..CALLS).map(|i| (i, owner.user.clone(), pending.clone(), to.clone()));
        race(stores, calls, |stores, (i, user, pending, to)| async move {
            if i == CALLS / 2 {
                let app = SealedSeed { epoch: EpochId(2), ..sealed_seed(700 + n) };
                let both = [(sealed_seed(1), app), (pending.seed, to)];
                let moved = both.map(|(from, to)| ResealedSeed { user: user.id, from, to });
                stores.key_epochs().reseal_seeds(moved.into()).await.unwrap();
            } else {
                stores
                    .pending_authenticators()
                    .apply_pending(take_of(10_000 + n * 100 + i, &user, &pending))
                    .await
                    .unwrap();
            }
        })
        .await;

        assert_eq!(found(stores, owner.user.id).await.unwrap().seed, to);
    }
}

async fn seeds_that_are_pending_are_counted_and_moved_like_all(stores: &Stores) {
    let owner = enrolled(stores, 1).await;
    let pending = schedule(stores, 1, &owner).await;
    let to = SealedSeed { epoch: EpochId(2), bytes: vec![9; 48] };

    let listed = stores.key_epochs().seeds(EpochId(1), None, 10).await.unwrap();
    assert_eq!((stores.key_epochs().count_seeds(EpochId(1)).await.unwrap(), listed.len()), (2, 2));
    assert!(listed.contains(&(owner.user.id, pending.seed.clone())));
    let resealed = ResealedSeed { user: owner.user.id, from: pending.seed.clone(), to: to.clone() };
    assert_eq!(stores.key_epochs().reseal_seeds(vec![resealed]).await.unwrap(), 1);

    assert_eq!(pending_authenticator(stores, pending.id).await.unwrap().seed, to);
    assert_eq!(stores.key_epochs().seeds(EpochId(2), None, 10).await.unwrap(), [(owner.user.id, to)]);
}
