//! Read: by address, by number, with credentials.

use doorward_kernel::EmailAddress;
use doorward_user::{PhoneHolders, User, UserPhone, UserStatus};

use super::{
    Stores,
    race::{CALLS, race},
    scene::{account, disabled, registered, registered_as, signed_in},
};
use crate::fixtures::{email, phone, user, user_id, verifier};

cases![
    nobody_is_found_where_nobody_is,
    an_address_is_compared_by_its_key,
    a_verifier_is_that_of_its_account,
    a_number_has_the_credentials_of_who_has_verified_it,
    a_number_has_one_owner_and_others_who_claim_it,
    numbers_that_are_looked_up_at_once_are_each_told_of_their_own,
    at_most_100_claimants_are_told_of_the_oldest_first,
    disabled_accounts_are_found_too,
];

async fn nobody_is_found_where_nobody_is(stores: &Stores) {
    registered(stores, 1).await;

    assert_eq!(stores.users().find_by_id(user_id(2)).await.unwrap(), None);
    assert_eq!(stores.users().find_by_email(&email(2)).await.unwrap(), None);
    assert_eq!(stores.users().find_by_phone(&phone(2)).await.unwrap(), PhoneHolders::default());
    assert_eq!(stores.users().credentials_by_email(&email(2)).await.unwrap(), None);
    assert_eq!(stores.users().verifier(user_id(2)).await.unwrap(), None);
}

async fn an_address_is_compared_by_its_key(stores: &Stores) {
    let user = registered(stores, 1).await;
    let typed = EmailAddress::parse("PERSON1@EXAMPLE.COM").unwrap();

    assert_eq!(stores.users().find_by_email(&typed).await.unwrap(), Some(user.clone()));
    assert_eq!(stores.users().credentials_by_email(&typed).await.unwrap(), Some((user, verifier(1))));
}

async fn a_verifier_is_that_of_its_account(stores: &Stores) {
    let [first, second] = [registered(stores, 1).await, registered(stores, 2).await];

    assert_eq!(stores.users().verifier(first.id).await.unwrap(), Some(verifier(1)));
    assert_eq!(stores.users().verifier(second.id).await.unwrap(), Some(verifier(2)));
}

async fn a_number_has_the_credentials_of_who_has_verified_it(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let claim = UserPhone { number: phone(1), verified_at: None };
    registered_as(stores, 2, User { phone: Some(claim), ..user(2) }).await;
    registered(stores, 3).await;

    assert_eq!(stores.users().credentials_by_phone(&phone(1)).await.unwrap(), Some((owner, verifier(1))));
    assert_eq!(stores.users().credentials_by_phone(&phone(3)).await.unwrap(), None);
    assert_eq!(stores.users().credentials_by_phone(&phone(4)).await.unwrap(), None);
}

async fn a_number_has_one_owner_and_others_who_claim_it(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let claim = |n| User { phone: Some(UserPhone { number: phone(1), verified_at: None }), ..user(n) };
    let younger = registered_as(stores, 3, claim(3)).await;
    let older = registered_as(stores, 2, claim(2)).await;
    registered(stores, 4).await;

    let holders = stores.users().find_by_phone(&phone(1)).await.unwrap();

    assert_eq!(holders, PhoneHolders { owner: Some(owner), claimants: vec![older, younger] });
}

async fn numbers_that_are_looked_up_at_once_are_each_told_of_their_own(stores: &Stores) {
    let owner = signed_in(stores, 1).await.user;
    let claim = UserPhone { number: phone(1), verified_at: None };
    let claimant = registered_as(stores, 2, User { phone: Some(claim), ..user(2) }).await;
    let other = signed_in(stores, 3).await.user;
    let numbers = (0..CALLS).map(|call| u64::from(call % 3));

    let found = race(stores, numbers, |stores, n| async move {
        let number = [phone(1), phone(3), phone(4)][usize::try_from(n).unwrap()].clone();
        (n, stores.users().find_by_phone(&number).await.unwrap())
    })
    .await;

    for (n, holders) in found {
        let expected = match n {
            0 => PhoneHolders { owner: Some(owner.clone()), claimants: vec![claimant.clone()] },
            1 => PhoneHolders { owner: Some(other.clone()), claimants: Vec::new() },
            _ => PhoneHolders::default(),
        };
        assert_eq!(holders, expected);
    }
}

async fn at_most_100_claimants_are_told_of_the_oldest_first(stores: &Stores) {
    // The age is in neither the order of the writes nor that of the ids.
    let age = |n| 200 - (n * 37) % 101;
    let claim = |n| User {
        phone: Some(UserPhone { number: phone(1), verified_at: None }),
        created_at: user(age(n)).created_at,
        ..user(n)
    };
    for n in 1..=101 {
        registered_as(stores, n, claim(n)).await;
    }

    let holders = stores.users().find_by_phone(&phone(1)).await.unwrap();

    let mut claimants: Vec<_> = (1..=101).map(claim).collect();
    claimants.sort_by_key(|user| user.created_at);
    claimants.truncate(100);
    assert_eq!(holders, PhoneHolders { owner: None, claimants });
}

async fn disabled_accounts_are_found_too(stores: &Stores) {
    let [owner, claimant] = [signed_in(stores, 1).await.user, registered(stores, 2).await];
    disabled(stores, 1, owner.id).await;
    disabled(stores, 2, claimant.id).await;

    let [owner, claimant] = [account(stores, owner.id).await, account(stores, claimant.id).await];

    assert_eq!([owner.status, claimant.status], [UserStatus::Disabled; 2]);
    assert_eq!(stores.users().find_by_email(&owner.email).await.unwrap(), Some(owner.clone()));
    assert_eq!(stores.users().find_by_phone(&phone(1)).await.unwrap().owner, Some(owner));
    assert_eq!(stores.users().find_by_phone(&phone(2)).await.unwrap().claimants, std::slice::from_ref(&claimant));
    assert_eq!(stores.users().credentials_by_email(&email(2)).await.unwrap(), Some((claimant, verifier(2))));
}
