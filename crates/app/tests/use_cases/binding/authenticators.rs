//! Authenticator apps: bound at once, or pending for a day.

use doorward_app::{
    SignedIn,
    limits::Caller,
    totp::{Confirmed, TotpError},
};
use doorward_kernel::Clock;
use doorward_notifier::{Body, NoticeTemplate};
use doorward_otp::{ResealedSeed, TotpKeys, TotpSeed};
use doorward_testkit::fixtures;
use doorward_user::Password;

use super::{account, binding, is_live, key, pending_authenticator};
use crate::{
    totp::{seed, shown},
    world::{PASSWORD, World},
};

async fn seed_of(world: &World, who: &SignedIn) -> TotpSeed {
    let app = world.stores.authenticators().find(who.user.id).await.unwrap().unwrap();
    world.keys.open_seed(who.user.id, &app.seed).unwrap()
}

/// Who knows password and mailbox must not get past the number by an app of their own.
#[tokio::test]
async fn an_app_that_would_be_asked_for_instead_of_the_number_is_pending() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;

    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    let confirmed = world.totp.confirm(&session, &shown(&world, &seed, 0), None, &Caller::default()).await.unwrap();

    assert!(matches!(confirmed, Confirmed::Pending(_)), "{confirmed:?}");
    assert!(!account(&world, &member).await.has_totp());
    world.deliver().await;
    let told = world
        .sms
        .sent()
        .into_iter()
        .filter(|sent| matches!(&sent.body, Body::Notice { template: NoticeTemplate::AuthenticatorHeld, .. }));
    assert_eq!(told.map(|sent| sent.recipient.as_str().to_owned()).collect::<Vec<_>>(), [fixtures::phone(1).as_str()]);
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 1);
    assert!(account(&world, &member).await.has_totp());
    assert_eq!(seed_of(&world, &member).await.base32().reveal(), seed.base32().reveal());
}

#[tokio::test]
async fn where_there_is_no_other_factor_an_app_is_bound_at_once() {
    let world = World::new();
    world.account(1).await;
    let session = binding(&world, 1).await;

    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    let confirmed = world.totp.confirm(&session, &shown(&world, &seed, 0), None, &Caller::default()).await.unwrap();

    assert!(matches!(confirmed, Confirmed::Now(codes) if codes.len() == 10));
}

#[tokio::test]
async fn an_app_that_was_lost_counts_for_a_day_and_is_replaced_then() {
    let world = World::new();
    let (member, _, seed, at) = pending_authenticator(&world).await;
    let old = seed_of(&world, &member).await;

    assert_eq!(at, world.clock.now() + std::time::Duration::from_hours(24));
    world.wait(86_399);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
    assert_eq!(seed_of(&world, &member).await.base32().reveal(), old.base32().reveal());
    world.wait(1);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 1);

    assert_eq!(seed_of(&world, &member).await.base32().reveal(), seed.base32().reveal());
    assert!(!is_live(&world, &member).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorHeld));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorReplaced));
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn the_owner_who_objects_keeps_the_app() {
    let world = World::new();
    let (member, session, ..) = pending_authenticator(&world).await;
    let old = seed_of(&world, &member).await;
    let token = key(&world).await;

    world.undo.undo(&token, &Caller::default()).await.unwrap();

    assert!(!is_live(&world, &member).await && !is_live(&world, &session).await);
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::AuthenticatorCalledOff));
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
    assert_eq!(seed_of(&world, &member).await.base32().reveal(), old.base32().reveal());
}

/// Password and mailbox ask first; number and password confirm one meanwhile.
#[tokio::test]
async fn an_app_that_the_owner_confirms_stays_when_the_hold_of_an_earlier_one_ends() {
    let world = World::new();
    let member = world.member(1).await;
    let session = binding(&world, 1).await;
    let theirs = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());
    world.totp.confirm(&session, &shown(&world, &theirs, 0), None, &Caller::default()).await.unwrap();
    world.wait(60);
    let own = seed(&world.totp.begin(&member, &Caller::default()).await.unwrap());
    let password = Password::parse(PASSWORD).unwrap();
    let confirmed = world.totp.confirm(&member, &shown(&world, &own, 0), Some(&password), &Caller::default()).await;
    assert!(matches!(confirmed, Ok(Confirmed::Now(_))), "{confirmed:?}");

    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);

    assert_eq!(seed_of(&world, &member).await.base32().reveal(), own.base32().reveal());
}

#[tokio::test]
async fn a_wrong_or_late_code_holds_no_app() {
    let world = World::new();
    let (_, session, ..) = pending_authenticator(&world).await;
    let seed = seed(&world.totp.begin(&session, &Caller::default()).await.unwrap());

    let denied = world.totp.confirm(&session, &shown(&world, &seed, 1), None, &Caller::default()).await;
    assert!(matches!(denied, Err(TotpError::Incorrect)), "{denied:?}");
    world.wait(900);
    let late = world.totp.confirm(&session, &shown(&world, &seed, 0), None, &Caller::default()).await;

    assert!(matches!(late, Err(TotpError::NotPending)), "{late:?}");
    world.wait(86_400);
    assert_eq!(world.totp.apply_pending(10).await.unwrap(), 0);
}

#[tokio::test]
async fn an_app_whose_seed_nobody_can_open_replaces_none() {
    let world = World::new();
    let (member, ..) = pending_authenticator(&world).await;
    let pending = world.stores.pending_authenticators().find_of(member.user.id).await.unwrap().unwrap();
    let resealed = ResealedSeed { user: member.user.id, from: pending.seed, to: fixtures::sealed_seed(1) };
    world.stores.key_epochs().reseal_seeds(vec![resealed]).await.unwrap();

    world.wait(86_400);
    world.totp.apply_pending(10).await.unwrap();

    assert!(is_live(&world, &member).await);
    seed_of(&world, &member).await;
}
