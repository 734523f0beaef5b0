use doorward_app::{
    introspection::{Introspection, TokenKind},
    limits::Caller,
    sessions::{Grant, Holding},
};
use doorward_kernel::AuditKind;
use doorward_session::Generation;
use doorward_user::UserStatus;

use crate::world::World;

async fn scene() -> (World, Introspection, Grant) {
    let world = World::new();
    let member = world.member(1).await;
    let grant = world.authentication.grant(member).unwrap();
    let introspection = world.introspection.clone();
    (world, introspection, grant)
}

fn tokens(grant: &Grant) -> [String; 2] {
    let Holding::RefreshToken(refresh, _) = &grant.holding else { panic!("the session is held by cookie") };
    [grant.access_token.reveal().clone(), refresh.reveal().clone()]
}

async fn kind(introspection: &Introspection, token: &str) -> Option<TokenKind> {
    introspection.introspect(token).await.unwrap().map(|found| found.kind)
}

#[tokio::test]
async fn good_tokens_are_told_apart() {
    let (_, introspection, grant) = scene().await;
    let [access, refresh] = tokens(&grant);

    let found = introspection.introspect(&refresh).await.unwrap().unwrap();

    assert_eq!(kind(&introspection, &access).await, Some(TokenKind::Access));
    assert_eq!((found.kind, found.claims.session), (TokenKind::Refresh, grant.session));
    assert_eq!(kind(&introspection, "rt_nonsense").await, None);
}

#[tokio::test]
async fn a_spent_refresh_token_and_one_of_the_future_are_not_good() {
    let (world, introspection, grant) = scene().await;
    let [_, spent] = tokens(&grant);
    let renewed = world.authentication.refresh(&spent, &Caller::default()).await.unwrap();
    let [_, good] = tokens(&renewed);
    let future = world.authentication.tokens.refresh_token(grant.session, Generation(7));

    assert_eq!(kind(&introspection, &spent).await, None);
    assert_eq!(kind(&introspection, &good).await, Some(TokenKind::Refresh));
    assert_eq!(kind(&introspection, future.reveal()).await, None);
}

#[tokio::test]
async fn no_token_of_a_disabled_user_is_good() {
    let (world, introspection, grant) = scene().await;
    let audit = doorward_testkit::fixtures::audit(1, AuditKind::UserDisabled);
    let now = doorward_testkit::fixtures::now();
    world.stores.accounts().set_status(grant.user.id, UserStatus::Disabled, now, audit).await.unwrap();

    for token in tokens(&grant) {
        assert_eq!(kind(&introspection, &token).await, None);
    }
}

#[tokio::test]
async fn whichever_token_is_revoked_the_session_ends_once() {
    for index in 0..2 {
        let (world, introspection, grant) = scene().await;
        let token = tokens(&grant)[index].clone();

        introspection.revoke("nonsense").await.unwrap();
        introspection.revoke(&token).await.unwrap();
        introspection.revoke(&token).await.unwrap();

        for token in tokens(&grant) {
            assert_eq!(kind(&introspection, &token).await, None);
        }
        let events = world.store.audit();
        let revoked: Vec<_> = events.iter().filter(|event| event.kind == AuditKind::SessionRevoked).collect();
        assert_eq!(revoked.len(), 1);
        assert_eq!((revoked[0].user, revoked[0].session), (Some(grant.user.id), Some(grant.session)));
    }
}
