use doorward_app::flow::ResendError;
use doorward_app::limits::Caller;
use doorward_otp::Channel;
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn the_same_code_is_sent_three_times_at_most_after_30_and_60_seconds() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let id = world.id(&flow);
    let first = world.code(fixtures::email(1).as_str()).await;

    assert!(
        matches!(world.verification.resend(id, None, &Caller::default()).await, Err(ResendError::TooEarly { at }) if at == fixtures::at(30))
    );
    world.wait(30);
    let second = world.verification.resend(id, None, &Caller::default()).await.unwrap();
    world.wait(60);
    let third = world.verification.resend(id, None, &Caller::default()).await.unwrap();

    assert_eq!((second.expires_at, second.attempts_left), (flow.expires_at, 5));
    assert_eq!(third.resend_at, None);
    let last = world.code(fixtures::email(1).as_str()).await;
    assert_eq!(world.mail.sent().len(), 3);
    assert!(last.matches(&first));
    world.wait(60);
    assert!(matches!(
        world.verification.resend(id, None, &Caller::default()).await,
        Err(ResendError::Exhausted { .. })
    ));
    assert!(world.verify_email(&flow, &first).await.is_ok());
}

#[tokio::test]
async fn a_decoy_resends_like_a_real_one_and_sends_nothing() {
    let world = World::new();
    let flow = world.phone_login.start(fixtures::phone(9), None, &Caller::default()).await.unwrap();
    world.wait(30);

    let again = world.verification.resend(world.id(&flow), None, &Caller::default()).await.unwrap();

    world.deliver().await;
    assert_eq!(again.attempts_left, 5);
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn a_closed_flow_resends_nothing() {
    let world = World::new();
    let registered = world.account(1).await;

    let denied = world.verification.resend(world.id(&registered.continuation), None, &Caller::default()).await;

    assert!(matches!(denied, Err(ResendError::Closed)));
}

#[tokio::test]
async fn a_code_goes_again_the_way_it_went() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let id = world.id(&flow);
    world.wait(30);

    let elsewhere = world.verification.resend(id, Some(Channel::Sms), &Caller::default()).await;

    assert!(matches!(elsewhere, Err(ResendError::OtherChannel)));
    assert!(world.verification.resend(id, Some(Channel::Email), &Caller::default()).await.is_ok());
}
