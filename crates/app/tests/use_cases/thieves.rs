//! Thieves of one factor or two, and what they can change; `docs/security/factors.md` has the table.

use doorward_app::{
    SignedIn,
    binding::Bound,
    limits::Caller,
    profile::{ProfileError, ProfileRequest, ProfileStep},
    totp::{Confirmed, TotpError},
};
use doorward_otp::Target;
use doorward_testkit::fixtures;
use doorward_user::{Password, PasswordVerifier, User, UserPhone};

use crate::{
    assurance::strong,
    binding::{bind, bind_app, binding, key},
    recovery::reset,
    totp::{enrolled, seed, shown},
    world::{PASSWORD, World, new_password},
};

/// Adds an app in a full session, with that password or none.
async fn add_app(world: &World, session: &SignedIn, password: Option<&str>) -> Result<Confirmed, TotpError> {
    let seed = seed(&world.totp.begin(session, &Caller::default()).await?);
    let password = password.map(|password| Password::parse(password).unwrap());
    world.totp.confirm(session, &shown(world, &seed, 0), password.as_ref(), &Caller::default()).await
}

/// Asks for a change in a full session, with a password that is a guess.
async fn change(world: &World, session: &SignedIn, request: ProfileRequest) -> Result<ProfileStep, ProfileError> {
    world.profile.change(session, &Password::parse("not the password").unwrap(), request, &Caller::default()).await
}

/// Nothing that needs the password changes in the session.
async fn assert_knows_no_password(world: &World, session: &SignedIn) {
    let identifier = |target| ProfileRequest { identifier: Some(target), ..ProfileRequest::default() };
    let requests = [
        ProfileRequest { new_password: Some(new_password("brass-heron-4-paper-moon")), ..ProfileRequest::default() },
        identifier(Target::Email(fixtures::email(9))),
        identifier(Target::Phone(fixtures::phone(9))),
    ];
    for request in requests {
        let denied = change(world, session, request).await;
        assert!(matches!(denied, Err(ProfileError::PasswordIncorrect)), "{denied:?}");
    }
    let denied = add_app(world, session, Some("not the password")).await;
    assert!(matches!(denied, Err(TotpError::PasswordIncorrect)), "{denied:?}");
}

async fn account(world: &World, who: &SignedIn) -> User {
    world.stores.users().find_by_id(who.user.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_number_alone_of_an_account_without_a_password_adds_an_app_later_and_changes_nothing_else() {
    let world = World::new();
    let phone = UserPhone { number: fixtures::phone(1), verified_at: Some(fixtures::now()) };
    world.import(User { phone: Some(phone), ..fixtures::user(1) }, PasswordVerifier::none()).await;
    let thief = world.log_in(&fixtures::phone(1)).await;

    assert_knows_no_password(&world, &thief).await;
    let added = add_app(&world, &thief, None).await;

    assert!(matches!(added, Ok(Confirmed::Pending(_))), "{added:?}");
    world.undo.undo(&key(&world).await, &Caller::default()).await.unwrap();
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_copy_of_a_session_of_the_number_adds_an_app_later_and_only_while_the_proof_is_fresh() {
    let world = World::new();
    let copy = world.member(1).await;

    assert_knows_no_password(&world, &copy).await;
    assert!(matches!(add_app(&world, &copy, None).await, Ok(Confirmed::Pending(_))));

    world.wait(600);
    let late = add_app(&world, &copy, Some(PASSWORD)).await;
    assert!(matches!(late, Err(TotpError::StepUpRequired(_))), "{late:?}");
}

#[tokio::test]
async fn a_copy_of_a_session_of_two_factors_adds_an_app_while_they_are_fresh_and_the_owner_takes_it_back() {
    let world = World::new();
    let copy = strong(&world).await;

    assert_knows_no_password(&world, &copy).await;
    let added = add_app(&world, &copy, None).await;

    assert!(matches!(added, Ok(Confirmed::Now(_))), "{added:?}");
    world.undo.undo(&key(&world).await, &Caller::default()).await.unwrap();
    assert!(!account(&world, &copy).await.has_totp());
}

#[tokio::test]
async fn the_mailbox_sets_a_password_and_what_it_binds_beside_a_number_is_pending() {
    let world = World::new();
    let owner = world.member(1).await;
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;
    reset(&world, &flow, &code, &new_password(PASSWORD)).await.unwrap();
    let thief = binding(&world, 1).await;

    let number = bind(&world, &thief, &fixtures::phone(9)).await;
    let app = bind_app(&world, &thief).await;

    assert!(matches!(number, Bound::Pending(..)), "{number:?}");
    assert!(matches!(app, Confirmed::Pending(_)), "{app:?}");
    let account = account(&world, &owner).await;
    assert!(account.has_verified(&fixtures::phone(1)) && !account.has_totp());
}

#[tokio::test]
async fn mailbox_and_password_replace_neither_the_number_nor_the_app_at_once() {
    let world = World::new();
    let (owner, ..) = enrolled(&world, 1).await;
    let thief = binding(&world, 1).await;

    let number = bind(&world, &thief, &fixtures::phone(9)).await;
    let app = bind_app(&world, &thief).await;

    assert!(matches!(number, Bound::Pending(..)), "{number:?}");
    assert!(matches!(app, Confirmed::Pending(_)), "{app:?}");
    let account = account(&world, &owner).await;
    assert!(account.has_verified(&fixtures::phone(1)) && account.has_totp());
}
