//! Accounts that are taken over from other systems.

use doorward_app::operator::{Import, ImportOutcome};
use doorward_kernel::{AuditEvent, AuditKind};
use doorward_user::{PhoneHolders, User};

use super::{
    Stores,
    race::{CALLS, ROUNDS, count, race},
    scene::{account, is_recorded, registered, signed_in, traces},
};
use crate::fixtures::{audit, email, phone, user, user_id, verified_user, verifier};

cases![
    an_imported_account_is_as_it_was_given,
    a_taken_address_tells_since_when_and_changes_nothing,
    a_number_that_another_account_has_verified_is_taken,
    a_number_may_be_claimed_by_many_imported_accounts,
    one_that_cannot_be_made_does_not_keep_the_others_from_it,
    of_many_imports_of_one_address_one_makes_an_account,
];

fn import(n: u32, user: User) -> Import {
    let audit = AuditEvent { user: Some(user.id), ..audit(n, AuditKind::UserImported) };
    Import { user, verifier: verifier(n), audit }
}

async fn take_over(stores: &Stores, batch: Vec<Import>) -> Vec<ImportOutcome> {
    stores.accounts().import(batch).await.unwrap()
}

async fn an_imported_account_is_as_it_was_given(stores: &Stores) {
    let users = [user(1), verified_user(2), User { phone: None, ..user(3) }];
    let batch: Vec<_> = (1..).zip(users.clone()).map(|(n, user)| import(n, user)).collect();

    assert_eq!(take_over(stores, batch.clone()).await, [ImportOutcome::Imported; 3]);

    for (n, user) in (1..).zip(users) {
        assert_eq!(account(stores, user.id).await, user);
        assert_eq!(stores.users().verifier(user.id).await.unwrap(), Some(verifier(n)));
        assert!(is_recorded(stores, &import(n, user).audit).await);
    }
    assert_eq!(stores.users().find_by_phone(&phone(2)).await.unwrap().owner, Some(verified_user(2)));
}

async fn a_taken_address_tells_since_when_and_changes_nothing(stores: &Stores) {
    let owner = registered(stores, 1).await;
    let before = traces(stores).await;
    let late = User { email: email(1), created_at: user(5).created_at, ..user(9) };

    let outcome = take_over(stores, vec![import(9, late)]).await;

    assert_eq!(outcome, [ImportOutcome::EmailTaken { created_at: owner.created_at }]);
    assert_eq!(account(stores, owner.id).await, owner);
    assert_eq!(stores.users().find_by_id(user_id(9)).await.unwrap(), None);
    assert_eq!(traces(stores).await, before);
}

async fn a_number_that_another_account_has_verified_is_taken(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let thief = User { phone: verified_user(1).phone, ..user(9) };

    assert_eq!(take_over(stores, vec![import(9, thief)]).await, [ImportOutcome::PhoneTaken]);

    assert_eq!(stores.users().find_by_id(user_id(9)).await.unwrap(), None);
    let expected = PhoneHolders { owner: Some(owner), claimants: vec![] };
    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap(), expected);
}

async fn a_number_may_be_claimed_by_many_imported_accounts(stores: &Stores) {
    let claim = |n| User { phone: user(1).phone, ..user(n) };

    let outcomes = take_over(stores, vec![import(1, claim(1)), import(2, claim(2)), import(3, verified_user(3))]).await;

    assert_eq!(outcomes, [ImportOutcome::Imported; 3]);
    let expected = PhoneHolders { owner: None, claimants: vec![claim(1), claim(2)] };
    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap(), expected);
}

async fn one_that_cannot_be_made_does_not_keep_the_others_from_it(stores: &Stores) {
    let owner = registered(stores, 1).await;
    let same_address = User { email: email(2), ..user(4) };
    let same_number = User { phone: verified_user(3).phone, ..user(5) };
    let batch = [user(1), user(2), verified_user(3), same_address, same_number, user(6)];
    let batch = (10..).zip(batch).map(|(n, user)| import(n, user)).collect();

    let outcomes = take_over(stores, batch).await;

    let expected = [
        ImportOutcome::EmailTaken { created_at: owner.created_at },
        ImportOutcome::Imported,
        ImportOutcome::Imported,
        ImportOutcome::EmailTaken { created_at: user(2).created_at },
        ImportOutcome::PhoneTaken,
        ImportOutcome::Imported,
    ];
    assert_eq!(outcomes, expected);
    for n in [4, 5] {
        assert_eq!(stores.users().find_by_id(user_id(n)).await.unwrap(), None);
    }
    assert_eq!(account(stores, user_id(6)).await, user(6));
}

async fn of_many_imports_of_one_address_one_makes_an_account(stores: &Stores) {
    for round in 1..=ROUNDS {
        let calls = (0..CALLS).map(|i| round * 100 + i);
        let outcomes = race(stores, calls, |stores, n| async move {
            let user = User { email: email(round), phone: None, ..user(n) };
            take_over(&stores, vec![import(n, user)]).await[0]
        })
        .await;

        assert_eq!(count(&outcomes, &ImportOutcome::Imported), 1);
    }
}
