//! Limits of calls in a session: changes, wrong passwords, refreshes.

use doorward_app::{
    limits::Caller,
    profile::{ProfileError, ProfileRequest},
    sessions::RefreshError,
};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::world::{PASSWORD, World, of_identifiers, stranger};

#[tokio::test]
async fn changes_of_an_account_are_few_and_wrong_passwords_cost_none_of_them() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    let change = async |password: &str| {
        let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
        world.profile.change(&owner, &Password::parse(password).unwrap(), request, &stranger(1)).await
    };
    for _ in 0..8 {
        assert!(matches!(change("not the password").await, Err(ProfileError::PasswordIncorrect)));
    }

    for _ in 0..5 {
        assert!(change(PASSWORD).await.is_ok());
    }

    assert!(matches!(change(PASSWORD).await, Err(ProfileError::Limited { retry_after: 3600 })));
}

#[tokio::test]
async fn after_twenty_wrong_passwords_in_a_session_the_right_one_is_wrong() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    let change = async |password: &str| {
        let request = ProfileRequest { names: fixtures::names("Ada", "King").into(), ..ProfileRequest::default() };
        world.profile.change(&owner, &Password::parse(password).unwrap(), request, &stranger(1)).await
    };

    for _ in 0..20 {
        assert!(matches!(change("not the password").await, Err(ProfileError::PasswordIncorrect)));
    }

    assert!(matches!(change(PASSWORD).await, Err(ProfileError::PasswordIncorrect)));
}

#[tokio::test]
async fn a_session_is_refreshed_ten_times_a_minute() {
    let world = World::limited(of_identifiers());
    let owner = world.member(1).await;
    let mut grant = world.authentication.grant(owner).unwrap();
    for _ in 0..10 {
        let doorward_app::sessions::Holding::RefreshToken(token, _) = &grant.holding else { panic!("no token") };
        grant = world.authentication.refresh(token.reveal(), &Caller::default()).await.unwrap();
    }

    let doorward_app::sessions::Holding::RefreshToken(token, _) = &grant.holding else { panic!("no token") };
    let refused = world.authentication.refresh(token.reveal(), &Caller::default()).await;

    assert!(matches!(refused, Err(RefreshError::Limited { retry_after: 10 })), "{refused:?}");
    world.wait(6);
    assert!(world.authentication.refresh(token.reveal(), &Caller::default()).await.is_ok());
}
