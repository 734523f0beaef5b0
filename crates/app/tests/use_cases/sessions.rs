use std::time::Duration;

use doorward_app::{
    SignedIn,
    limits::Caller,
    sessions::{AuthenticationError, Credential, EndOutcome, Grant, Holding, RefreshError},
};
use doorward_kernel::{AuditKind, Client};
use doorward_notifier::NoticeTemplate;
use doorward_otp::Step;
use doorward_session::{Carrier, Policy};
use doorward_testkit::fixtures;
use doorward_user::UserStatus;

use crate::world::{World, signed_in};

fn refresh_token(grant: &Grant) -> String {
    match &grant.holding {
        Holding::RefreshToken(token, _) => token.reveal().clone(),
        Holding::Cookie(_) => panic!("the session is held by cookie"),
    }
}

async fn granted(world: &World) -> (SignedIn, Grant) {
    let member = world.member(1).await;
    let grant = world.authentication.grant(member.clone()).unwrap();
    (member, grant)
}

async fn bearer(world: &World, grant: &Grant) -> Result<SignedIn, AuthenticationError> {
    world.authentication.authenticate(Credential::Bearer(grant.access_token.reveal())).await
}

#[tokio::test]
async fn an_access_token_shows_its_session_until_that_ends() {
    let world = World::new();
    let (member, grant) = granted(&world).await;

    assert_eq!(bearer(&world, &grant).await.unwrap(), member);
    world.authentication.logout(&member).await.unwrap();

    assert!(matches!(bearer(&world, &grant).await, Err(AuthenticationError::Unauthenticated)));
    assert!(matches!(world.authentication.logout(&member).await, Err(AuthenticationError::Unauthenticated)));
    assert!(matches!(
        world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await,
        Err(RefreshError::Invalid)
    ));
}

#[tokio::test]
async fn a_refresh_token_is_spent_for_its_successor() {
    let world = World::new();
    let (_, first) = granted(&world).await;

    let second = world.authentication.refresh(&refresh_token(&first), &Caller::default()).await.unwrap();
    let third = world.authentication.refresh(&refresh_token(&second), &Caller::default()).await.unwrap();

    assert_ne!(refresh_token(&second), refresh_token(&third));
    assert!(bearer(&world, &third).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_is_a_retry() {
    let world = World::new();
    let (_, first) = granted(&world).await;
    let lost = world.authentication.refresh(&refresh_token(&first), &Caller::default()).await.unwrap();
    world.wait(9);

    let retried = world.authentication.refresh(&refresh_token(&first), &Caller::default()).await.unwrap();

    assert_eq!(refresh_token(&retried), refresh_token(&lost));
}

#[tokio::test]
async fn a_token_spent_long_ago_ends_the_session_and_its_owner_is_told() {
    let world = World::new();
    let (_, first) = granted(&world).await;
    let second = world.authentication.refresh(&refresh_token(&first), &Caller::default()).await.unwrap();
    world.wait(10);

    let reused = world.authentication.refresh(&refresh_token(&first), &Caller::default()).await;

    assert!(matches!(reused, Err(RefreshError::Invalid)));
    assert!(matches!(
        world.authentication.refresh(&refresh_token(&second), &Caller::default()).await,
        Err(RefreshError::Invalid)
    ));
    assert!(matches!(bearer(&world, &second).await, Err(AuthenticationError::Unauthenticated)));
    assert!(world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::SessionReused));
    assert_eq!(world.store.audit().iter().filter(|event| event.kind == AuditKind::SessionReused).count(), 1);
}

#[tokio::test]
async fn idle_sessions_end_and_used_ones_go_on() {
    let world = World::new();
    let (_, grant) = granted(&world).await;
    let token = refresh_token(&grant);

    world.wait(86_399);
    let renewed = world.authentication.refresh(&token, &Caller::default()).await.unwrap();
    world.wait(86_399);
    let renewed = world.authentication.refresh(&refresh_token(&renewed), &Caller::default()).await.unwrap();
    world.wait(86_400);

    assert!(matches!(
        world.authentication.refresh(&refresh_token(&renewed), &Caller::default()).await,
        Err(RefreshError::Invalid)
    ));
}

#[tokio::test]
async fn disabling_an_account_ends_its_sessions_for_good() {
    let world = World::new();
    let (member, grant) = granted(&world).await;
    let disable = |status, n| {
        let accounts = world.stores.store.clone();
        async move {
            let audit = fixtures::audit(n, AuditKind::UserDisabled);
            accounts.set_status(member.user.id, status, fixtures::now(), audit).await.unwrap()
        }
    };

    disable(UserStatus::Disabled, 1).await;
    assert!(bearer(&world, &grant).await.is_err());
    disable(UserStatus::Active, 2).await;

    assert!(bearer(&world, &grant).await.is_err());
    assert!(matches!(
        world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await,
        Err(RefreshError::Invalid)
    ));
}

#[tokio::test]
async fn a_session_held_by_cookie_has_no_refresh_token() {
    let world = World::new();
    world.member(1).await;
    let flow = world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let attempt = world.attempt(&flow, Step::PhoneCode).await.unwrap();
    let step = world.phone_login.verify(attempt, &code, Carrier::Cookie, Client::default()).await.unwrap();

    let grant = world.authentication.grant(signed_in(step)).unwrap();

    let Holding::Cookie(cookie) = grant.holding else { panic!("the session is held by token") };
    let authentication = &world.authentication;
    assert!(authentication.authenticate(Credential::Cookie(cookie.reveal())).await.is_ok());
    assert!(authentication.refresh_cookie(cookie.reveal()).await.is_ok());
    assert!(matches!(authentication.refresh(cookie.reveal(), &Caller::default()).await, Err(RefreshError::Invalid)));
}

#[tokio::test]
async fn use_is_noted_every_few_minutes_only() {
    let world = World::new();
    let (member, grant) = granted(&world).await;
    let seen = async || world.stores.sessions().find(member.session.id).await.unwrap().unwrap().session.last_seen_at;

    world.wait(60);
    bearer(&world, &grant).await.unwrap();
    assert_eq!(seen().await, fixtures::now());
    world.wait(120);
    bearer(&world, &grant).await.unwrap();

    assert_eq!(seen().await, fixtures::at(180));
}

#[tokio::test]
async fn of_two_calls_that_end_a_session_one_does() {
    let world = World::new();
    let (member, _) = granted(&world).await;
    let end = async |n| {
        let audit = fixtures::audit(n, AuditKind::SessionEnded);
        world.stores.sessions().end(member.session.id, fixtures::now(), audit).await.unwrap()
    };

    assert_eq!((end(1).await, end(2).await), (EndOutcome::Ended, EndOutcome::AlreadyEnded));
}

#[tokio::test]
async fn a_session_in_use_ends_at_its_longest_life_and_so_does_its_chain_of_refreshes() {
    let policy = Policy { absolute: Duration::from_hours(48), ..Policy::default() };
    let world = World::with(policy);
    let (_, mut grant) = granted(&world).await;

    for _ in 0..4 {
        world.wait(12 * 3600 - 1);
        grant = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await.unwrap();
        assert!(bearer(&world, &grant).await.is_ok());
    }
    world.wait(4);

    let ended = world.authentication.refresh(&refresh_token(&grant), &Caller::default()).await;
    assert!(matches!(ended, Err(RefreshError::Invalid)), "{ended:?}");
    assert!(bearer(&world, &grant).await.is_err());
}

#[tokio::test]
async fn without_a_leeway_a_second_use_at_once_is_theft() {
    let world = World::with(Policy { refresh_leeway: Duration::ZERO, ..Policy::default() });
    let (_, first) = granted(&world).await;
    let (caller, token) = (Caller::default(), refresh_token(&first));

    let (one, other) =
        tokio::join!(world.authentication.refresh(&token, &caller), world.authentication.refresh(&token, &caller));

    let renewed: Vec<_> = [one, other].into_iter().filter_map(Result::ok).collect();
    assert_eq!(renewed.len(), 1);
    assert!(bearer(&world, &renewed[0]).await.is_err(), "the session has ended");
}
