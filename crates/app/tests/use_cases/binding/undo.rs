//! The key in the notice of such a session, which ends it and takes back what it did.

use doorward_app::{binding::Bound, limits::Caller, totp::Confirmed, undo::UndoError};
use doorward_notifier::NoticeTemplate;
use doorward_testkit::fixtures;

use super::{account, bind, bind_app, binding, is_live, key};
use crate::{totp::enrolled, world::World};

#[tokio::test]
async fn the_key_of_the_notice_ends_a_session_that_may_only_bind() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &session).await && !is_live(&world, &member).await);
    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::BindingEnded));
}

/// Somebody who has password and mailbox logs out, so that nobody can end their session any more.
#[tokio::test]
async fn the_key_of_the_notice_cancels_what_a_session_did_that_was_logged_out() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    world.wait(60);
    bind(&world, &session, &fixtures::phone(9)).await;
    let app = bind_app(&world, &session).await;
    assert!(matches!(app, Confirmed::Pending(_)), "{app:?}");
    world.authentication.logout(&session).await.unwrap();

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &member).await);
    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap() + world.totp.apply_pending(10).await.unwrap(), 0);
    let account = account(&world, &member).await;
    assert!(account.has_verified(&fixtures::phone(1)) && !account.has_totp());
}

#[tokio::test]
async fn the_key_of_the_notice_takes_back_what_has_come_to_count_since() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    bind(&world, &session, &fixtures::phone(9)).await;
    bind_app(&world, &session).await;
    world.wait(86_400);
    assert_eq!(world.binding.apply_pending(10).await.unwrap() + world.totp.apply_pending(10).await.unwrap(), 2);

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    let account = account(&world, &member).await;
    assert!(account.has_verified(&fixtures::phone(1)) && !account.has_totp());
}

#[tokio::test]
async fn the_key_of_the_notice_takes_back_what_was_bound_at_once() {
    let world = World::new();
    world.account(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    world.wait(60);
    let bound = bind(&world, &session, &fixtures::phone(9)).await;
    assert!(matches!(bound, Bound::Now(_)), "{bound:?}");

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert_eq!(account(&world, &session).await.phone, session.user.phone);
}

/// Changes from before the session was opened are not its own.
#[tokio::test]
async fn the_key_of_the_notice_takes_back_nothing_from_before() {
    let world = World::new();
    let (member, ..) = enrolled(&world, 1).await;
    world.wait(60);
    binding(&world, 1).await;

    world.undo.undo(&key(&world).await, &Caller::default()).await.unwrap();

    assert!(account(&world, &member).await.has_totp());
}

#[tokio::test]
async fn the_key_of_the_notice_is_good_for_72_hours() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let token = key(&world).await;
    world.authentication.logout(&session).await.unwrap();
    world.wait(72 * 3600);

    assert!(matches!(world.undo.undo(&token, &Caller::default()).await, Err(UndoError::Closed)));
    assert!(is_live(&world, &member).await);
}
