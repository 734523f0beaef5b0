use doorward_app::{
    SignedIn,
    sessions::{AuthenticationError, EndError},
};
use doorward_kernel::{AuditKind, SessionId};
use doorward_notifier::NoticeTemplate;
use doorward_session::Policy;
use doorward_testkit::fixtures;

use crate::world::World;

async fn listed(world: &World, signed_in: &SignedIn) -> Vec<SessionId> {
    world.authentication.list(signed_in).await.unwrap().into_iter().map(|session| session.id).collect()
}

#[tokio::test]
async fn an_owner_sees_live_sessions_the_last_used_first() {
    let world = World::new();
    let first = world.member(1).await;
    world.wait(80_000);
    let second = world.log_in(&fixtures::phone(1)).await;
    let third = world.log_in(&fixtures::phone(1)).await;
    world.member(2).await;
    world.authentication.logout(&third).await.unwrap();

    assert_eq!(listed(&world, &second).await, [second.session.id, first.session.id]);
    // The first one is idle for a day by now.
    world.wait(6_400);
    assert_eq!(listed(&world, &second).await, [second.session.id]);
}

#[tokio::test]
async fn an_owner_ends_one_session_and_nobody_elses() {
    let world = World::new();
    let (first, stranger) = (world.member(1).await, world.member(2).await);
    let second = world.log_in(&fixtures::phone(1)).await;

    world.authentication.end(&second, first.session.id).await.unwrap();

    assert_eq!(listed(&world, &second).await, [second.session.id]);
    let unknown = SessionId::from_bytes([9; 16]);
    for other in [first.session.id, stranger.session.id, unknown] {
        assert!(matches!(world.authentication.end(&second, other).await, Err(EndError::NotFound)));
    }
    assert_eq!(listed(&world, &stranger).await, [stranger.session.id]);
}

#[tokio::test]
async fn all_others_end_at_once() {
    let world = World::new();
    let (first, stranger) = (world.member(1).await, world.member(2).await);
    let second = world.log_in(&fixtures::phone(1)).await;
    world.log_in(&fixtures::phone(1)).await;

    world.authentication.end_others(&second).await.unwrap();

    assert_eq!(listed(&world, &second).await, [second.session.id]);
    assert_eq!(listed(&world, &stranger).await, [stranger.session.id]);
    let late = world.authentication.end_others(&first).await;
    assert!(matches!(late, Err(AuthenticationError::Unauthenticated)));
    assert_eq!(world.store.audit().iter().filter(|event| event.kind == AuditKind::OtherSessionsEnded).count(), 1);
}

#[tokio::test]
async fn one_session_too_many_ends_the_least_recently_used_and_its_owner_is_told() {
    let world = World::with(Policy { max_per_user: 3, ..Policy::default() });
    let oldest = world.member(1).await;
    let mut newest = oldest.clone();
    for _ in 0..3 {
        world.wait(60);
        newest = world.log_in(&fixtures::phone(1)).await;
    }

    let sessions = listed(&world, &newest).await;

    assert_eq!((sessions.len(), sessions.contains(&oldest.session.id)), (3, false));
    let notices = world.notices(&fixtures::email(1)).await;
    assert_eq!(notices.iter().filter(|notice| **notice == NoticeTemplate::SessionDisplaced).count(), 1);
}

#[tokio::test]
async fn sessions_that_ended_by_themselves_displace_nobody() {
    let world = World::with(Policy { max_per_user: 1, ..Policy::default() });
    world.member(1).await;
    world.wait(86_400);

    world.log_in(&fixtures::phone(1)).await;

    assert!(!world.notices(&fixtures::email(1)).await.contains(&NoticeTemplate::SessionDisplaced));
}
