//! Recovery codes, used up and replaced.

use doorward_app::{
    SpentCode,
    totp::{ChangeOutcome, ReplaceRecovery, SpendOutcome},
};

use super::{
    Stores,
    authenticators::enrolled,
    race::{CALLS, ROUNDS, count, race},
    scene::{account, disabled, is_recorded, is_waiting, traces},
};
use crate::fixtures::{replace_recovery, sealed_seed, spent_recovery};

cases![
    a_recovery_code_is_good_once_and_its_owner_is_told,
    any_of_the_digests_that_it_may_have_will_do,
    the_recovery_codes_of_another_user_are_none,
    no_recovery_code_counts_for_another_setup,
    new_codes_take_the_place_of_all_others,
    codes_are_not_made_for_another_setup,
    of_many_uses_of_one_code_at_once_one_wins,
];

async fn spend(stores: &Stores, code: SpentCode) -> SpendOutcome {
    stores.authenticators().spend(code).await.unwrap()
}

async fn a_recovery_code_is_good_once_and_its_owner_is_told(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;

    assert_eq!(spend(stores, spent_recovery(1, user, &[10])).await, SpendOutcome::Spent);

    assert!(is_waiting(stores, &spent_recovery(1, user, &[10]).notice.unwrap()).await);
    assert!(is_recorded(stores, &spent_recovery(1, user, &[10]).audit).await);
    let before = traces(stores).await;
    assert_eq!(spend(stores, spent_recovery(2, user, &[10])).await, SpendOutcome::Refused);
    assert_eq!(traces(stores).await, before);
}

async fn any_of_the_digests_that_it_may_have_will_do(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;

    assert_eq!(spend(stores, spent_recovery(1, user, &[98, 19, 99])).await, SpendOutcome::Spent);
    assert_eq!(spend(stores, spent_recovery(2, user, &[98, 99])).await, SpendOutcome::Refused);
    assert_eq!(spend(stores, spent_recovery(3, user, &[])).await, SpendOutcome::Refused);
}

async fn the_recovery_codes_of_another_user_are_none(stores: &Stores) {
    let (user, others) = (enrolled(stores, 1).await.user.id, enrolled(stores, 2).await);
    stores.authenticators().replace_recovery(replace_recovery(2, &others)).await.unwrap();
    let other = others.user.id;

    assert_eq!(spend(stores, spent_recovery(1, user, &[20])).await, SpendOutcome::Refused);

    assert_eq!(spend(stores, spent_recovery(2, other, &[20])).await, SpendOutcome::Spent);
}

async fn no_recovery_code_counts_for_another_setup(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    let other = SpentCode { seed: sealed_seed(9), ..spent_recovery(1, user, &[10]) };

    assert_eq!(spend(stores, other).await, SpendOutcome::Refused);

    assert_eq!(spend(stores, spent_recovery(2, user, &[10])).await, SpendOutcome::Spent);
}

async fn new_codes_take_the_place_of_all_others(stores: &Stores) {
    let member = enrolled(stores, 1).await;
    let user = member.user.clone();

    let outcome = stores.authenticators().replace_recovery(replace_recovery(2, &member)).await.unwrap();

    assert_eq!(outcome, ChangeOutcome::Changed(user.clone()));
    assert_eq!(account(stores, user.id).await, user);
    assert!(is_waiting(stores, &replace_recovery(2, &member).notice).await);
    assert!(is_recorded(stores, &replace_recovery(2, &member).audit).await);
    assert_eq!(spend(stores, spent_recovery(1, user.id, &[10])).await, SpendOutcome::Refused);
    assert_eq!(spend(stores, spent_recovery(2, user.id, &[29])).await, SpendOutcome::Spent);
}

async fn codes_are_not_made_for_another_setup(stores: &Stores) {
    let (member, closed) = (enrolled(stores, 1).await, enrolled(stores, 2).await);
    let user = member.user.id;
    disabled(stores, 2, closed.user.id).await;
    let before = traces(stores).await;
    let other = ReplaceRecovery { seed: sealed_seed(9), ..replace_recovery(2, &member) };

    assert_eq!(stores.authenticators().replace_recovery(other).await.unwrap(), ChangeOutcome::Conflict);
    let ended = stores.authenticators().replace_recovery(replace_recovery(3, &closed)).await.unwrap();
    assert_eq!(ended, ChangeOutcome::SessionEnded);

    assert_eq!(traces(stores).await, before);
    assert_eq!(spend(stores, spent_recovery(1, user, &[10])).await, SpendOutcome::Spent);
}

async fn of_many_uses_of_one_code_at_once_one_wins(stores: &Stores) {
    let user = enrolled(stores, 1).await.user.id;
    for round in 1..=ROUNDS {
        let (sent, recorded) = traces(stores).await;

        let calls = (0..CALLS).map(|i| spent_recovery(round * 100 + i, user, &[10 + round]));
        let outcomes = race(stores, calls, |stores, attempt| async move { spend(&stores, attempt).await }).await;

        assert_eq!(count(&outcomes, &SpendOutcome::Spent), 1);
        assert_eq!(traces(stores).await, (sent + 1, recorded + 1));
    }
}
