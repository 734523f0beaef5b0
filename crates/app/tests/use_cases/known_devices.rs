//! Known devices: how long a device that an account has logged in with is known.

use doorward_app::{
    limits::Caller,
    operator::SignOutOutcome,
    profile::{ProfileRequest, ProfileStep},
};
use doorward_testkit::fixtures;
use doorward_user::Password;

use crate::{
    recovery::reset,
    world::{PASSWORD, World, device, new_password},
};

const NEW: &str = "brass-heron-4-paper-moon";

async fn is_known(world: &World, caller: &Caller) -> bool {
    let flow = world.phone_login.start(fixtures::phone(1), None, caller).await.unwrap();
    world.named(&flow).await.unwrap().challenge.known_device.is_some()
}

#[tokio::test]
async fn a_device_is_a_stranger_s_after_a_reset_and_the_next_one_is_known() {
    let world = World::new();
    let before = device(&world, &world.member(1).await);
    assert!(is_known(&world, &before).await);
    let flow = world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    let code = world.code(fixtures::email(1).as_str()).await;

    reset(&world, &flow, &code, &new_password(NEW)).await.unwrap();

    let after = device(&world, &world.log_in(&fixtures::phone(1)).await);
    assert!(!is_known(&world, &before).await && is_known(&world, &after).await);
}

#[tokio::test]
async fn a_device_is_a_stranger_s_after_an_operator_signed_its_account_out() {
    let world = World::new();
    let member = world.member(1).await;
    let own = device(&world, &member);

    let outcome = world.operator().sign_out(member.user.id).await.unwrap();

    assert_eq!(outcome, SignOutOutcome::SignedOut { sessions: 1 });
    assert!(!is_known(&world, &own).await);
}

#[tokio::test]
async fn what_ends_the_other_sessions_alone_leaves_devices_known() {
    let world = World::new();
    let member = world.member(1).await;
    let own = device(&world, &member);

    world.authentication.end_others(&member).await.unwrap();
    let request = ProfileRequest { new_password: Some(new_password(NEW)), ..ProfileRequest::default() };
    let password = Password::parse(PASSWORD).unwrap();
    let step = world.profile.change(&member, &password, request, &Caller::default()).await.unwrap();

    assert!(matches!(step, ProfileStep::Done(_)));
    assert!(is_known(&world, &own).await);
}
