//! Numbers: bound at once, or pending for a day.

use doorward_app::{
    SignedIn, binding::Bound, flow::VerifyError, limits::Caller, profile::ProfileRequest, undo::UndoError,
};
use doorward_notifier::{Body, NoticeTemplate};
use doorward_otp::{Code, Step};
use doorward_testkit::fixtures;
use doorward_user::Password;

use super::{account, ask_number, bind, binding, is_live, key};
use crate::world::{PASSWORD, World, new_password};

/// Somebody who logs in by number and by password, and binds number 9 in place of it.
async fn pending(world: &World) -> (SignedIn, SignedIn) {
    let member = world.member(1).await;
    let session = binding(world, 1).await;
    let bound = bind(world, &session, &fixtures::phone(9)).await;
    assert!(matches!(bound, Bound::Pending(..)), "{bound:?}");
    (member, session)
}

#[tokio::test]
async fn with_nothing_to_replace_a_number_is_bound_at_once() {
    let world = World::new();
    world.account(1).await;
    let session = binding(&world, 1).await;

    let bound = bind(&world, &session, &fixtures::phone(9)).await;

    assert!(matches!(bound, Bound::Now(user) if user.has_verified(&fixtures::phone(9))));
}

#[tokio::test]
async fn a_verified_number_stays_for_a_day_and_is_replaced_then() {
    let world = World::new();
    let (member, _) = pending(&world).await;

    world.wait(86_399);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
    world.wait(1);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 1);

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(9)));
    assert!(!is_live(&world, &member).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::PhoneChanged));
    let by_sms = world
        .sms
        .sent()
        .into_iter()
        .filter(|sent| matches!(sent.body, Body::Notice { template: NoticeTemplate::NumberHeld, .. }));
    assert_eq!(
        by_sms.map(|sent| sent.recipient.as_str().to_owned()).collect::<Vec<_>>(),
        [fixtures::phone(1).as_str()]
    );
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn the_owner_who_objects_keeps_the_number_and_every_session_ends() {
    let world = World::new();
    let (member, session) = pending(&world).await;
    let token = key(&world).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &member).await && !is_live(&world, &session).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::NumberCalledOff));
    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn the_same_key_undoes_the_change_after_it_took_effect() {
    let world = World::new();
    let (member, _) = pending(&world).await;
    let token = key(&world).await;
    world.wait(86_400);
    world.binding.apply_pending(10).await.unwrap();

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
}

#[tokio::test]
async fn a_new_password_in_a_session_of_the_number_leaves_what_takes_the_number_from_it() {
    let world = World::new();
    let (member, _) = pending(&world).await;
    let new = ProfileRequest { new_password: Some(new_password("a-better-passphrase")), ..ProfileRequest::default() };

    world.profile.change(&member, &Password::parse(PASSWORD).unwrap(), new, &Caller::default()).await.unwrap();

    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 1);
}

#[tokio::test]
async fn what_somebody_else_has_verified_since_is_theirs() {
    let world = World::new();
    let (member, _) = pending(&world).await;
    world.wait(60);
    world.member(9).await;

    world.wait(86_400);
    world.binding.apply_pending(10).await.unwrap();

    assert!(account(&world, &member).await.has_verified(&fixtures::phone(1)));
    assert_eq!(world.binding.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_number_whose_code_was_not_sent_is_guessed_at_like_any_other() {
    let world = World::new();
    world.member(1).await;
    let session = binding(&world, 1).await;
    world.operator().pause_sms().await.unwrap();
    world.settle().await;

    let flow = ask_number(&world, &session, &fixtures::phone(7)).await;
    let attempt = world.attempt(&flow, Step::PhoneCode).await.unwrap();
    let denied = world.binding.verify_number(attempt, &Code::parse("000000").unwrap()).await;

    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })), "{denied:?}");
}
