use doorward_app::{
    SignedIn,
    factors::{Change, strongest},
    flow::{Next, VerifyError},
    limits::Caller,
    sessions::{Holding, RefreshError, StepUpRequired},
    step_up::StepUpError,
};
use doorward_kernel::AuditKind;
use doorward_otp::Channel;
use doorward_session::Method;
use doorward_testkit::fixtures;
use doorward_user::User;

use crate::world::{World, wrong};

fn refresh_token(world: &World, signed_in: &SignedIn) -> String {
    match world.authentication.renewal(signed_in.clone()).unwrap().holding {
        Holding::RefreshToken(token, _) => token.reveal().clone(),
        Holding::Cookie(_) => panic!("the session is held by cookie"),
    }
}

#[tokio::test]
async fn a_login_is_fresh_for_ten_minutes_and_a_renewal_is_not() {
    let world = World::new();
    let member = world.member(1).await;

    world.wait(599);
    assert_eq!(world.authentication.require_fresh(&member, Change::ReplaceAddress), Ok(()));
    world.wait(1);
    world.authentication.refresh(&refresh_token(&world, &member), &Caller::default()).await.unwrap();
    let now = world.stores.sessions().find(member.session.id).await.unwrap().unwrap();

    assert_eq!(world.authentication.require_fresh(&now, Change::ReplaceAddress), Err(StepUpRequired));
}

#[tokio::test]
async fn a_right_code_renews_the_session_and_spends_its_token() {
    let world = World::new();
    let member = world.member(1).await;
    world.wait(3600);

    let flow = world.step_up.start(&member, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    let stepped_up = world.verify_again(&flow, &code, Some(member.clone())).await.unwrap();

    assert_eq!((flow.next, flow.channel, flow.destination.as_str()), (Next::OtpVerification, Channel::Sms, "+1***01"));
    assert_eq!(world.authentication.require_fresh(&stepped_up, Change::ReplaceAddress), Ok(()));
    assert_eq!(stepped_up.session, member.session.clone().stepped_up(Method::Sms, fixtures::at(3600)));
    assert_eq!(world.stores.sessions().find(member.session.id).await.unwrap(), Some(stepped_up));
    world.wait(10);
    let spent = world.authentication.refresh(&refresh_token(&world, &member), &Caller::default()).await;
    assert!(matches!(spent, Err(RefreshError::Invalid)));
    assert!(world.store.audit().iter().any(|event| event.kind == AuditKind::SessionSteppedUp));
}

#[tokio::test]
async fn in_another_session_or_none_the_flow_is_closed_and_nothing_is_counted() {
    let world = World::new();
    let member = world.member(1).await;
    let elsewhere = world.log_in(&fixtures::phone(1)).await;
    let stranger = world.member(2).await;

    let flow = world.step_up.start(&member, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;

    for session in [None, Some(elsewhere), Some(stranger)] {
        assert!(matches!(world.verify_again(&flow, &code, session).await, Err(VerifyError::Closed)));
    }
    let denied = world.verify_again(&flow, &wrong(&code), Some(member.clone())).await;
    assert!(matches!(denied, Err(VerifyError::Incorrect { attempts_left: 4 })));
    assert!(world.verify_again(&flow, &code, Some(member)).await.is_ok());
}

#[tokio::test]
async fn a_code_is_good_for_one_step_up() {
    let world = World::new();
    let member = world.member(1).await;
    let flow = world.step_up.start(&member, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;

    let stepped_up = world.verify_again(&flow, &code, Some(member)).await.unwrap();

    assert!(matches!(world.verify_again(&flow, &code, Some(stepped_up)).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn a_session_that_is_renewed_meanwhile_is_stepped_up_all_the_same() {
    let world = World::new();
    let member = world.member(1).await;
    let flow = world.step_up.start(&member, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    world.authentication.refresh(&refresh_token(&world, &member), &Caller::default()).await.unwrap();

    let stepped_up = world.verify_again(&flow, &code, Some(member.clone())).await.unwrap();

    assert_eq!(stepped_up.session.generation, member.session.generation.next().next());
}

#[tokio::test]
async fn a_session_that_ends_meanwhile_is_not_stepped_up() {
    let world = World::new();
    let member = world.member(1).await;
    let flow = world.step_up.start(&member, &Caller::default()).await.unwrap();
    let code = world.code(fixtures::phone(1).as_str()).await;
    world.authentication.logout(&member).await.unwrap();

    assert!(matches!(world.verify_again(&flow, &code, Some(member)).await, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn where_there_is_only_a_password_nothing_can_be_asked_for() {
    let world = World::new();
    let member = world.member(1).await;
    let user = User { phone: None, ..member.user };
    let numberless = SignedIn { user, ..member };
    world.wait(3600);

    assert_eq!(strongest(&numberless.user), None);
    assert!(matches!(world.step_up.start(&numberless, &Caller::default()).await, Err(StepUpError::NoFactor)));
    assert_eq!(world.authentication.require_fresh(&numberless, Change::ReplaceAddress), Ok(()));
}
