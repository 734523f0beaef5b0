//! What a flow shows of its code, to somebody and to nobody.

use doorward_app::{
    delivery::{Outcomes, Reach, Reports},
    flow::{FlowView, VerifyError},
    limits::Caller,
};
use doorward_notifier::{DeliveryOutcome, DeliveryState, SendError};
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World};

async fn shown(world: &World, flow: &FlowView) -> Option<DeliveryState> {
    world.verification.show(world.id(flow), &Caller::default()).await.unwrap().1
}

async fn login(world: &World, n: u32) -> FlowView {
    world.phone_login.start(fixtures::phone(n), None, &Caller::default()).await.unwrap()
}

/// The provider of the world tells of the SMS that it took last.
async fn reported(world: &World, outcome: DeliveryOutcome) {
    let signal = world.verification.signal.clone();
    let reports = Reports { delivery: world.delivery.clone(), signal };
    let taken = world.sms.sent().pop().unwrap();
    let entry = world.stores.outbox().find(taken.id).await.unwrap().unwrap();
    let provider = entry.delivery.provider.unwrap();
    reports.take(taken.id, &provider, outcome, Reach::ByOthers).await.unwrap();
}

/// Members of whom the first one's code arrives after a second and two more.
async fn learned() -> World {
    let world = World::new();
    for n in 1..=2 {
        world.member(n).await;
    }
    world.deliver().await;
    login(&world, 1).await;
    world.wait(1);
    world.delivery.run_once().await.unwrap();
    world.wait(2);
    reported(&world, DeliveryOutcome::Delivered).await;
    world.delivery.learn().await.unwrap();
    world
}

#[tokio::test]
async fn a_flow_shows_how_far_its_code_has_come() {
    use DeliveryState::{Delivered, Queued, Sent};
    let world = World::new();
    world.member(1).await;
    world.deliver().await;

    let flow = login(&world, 1).await;
    assert_eq!(shown(&world, &flow).await, Some(Queued));
    world.delivery.run_once().await.unwrap();
    assert_eq!(shown(&world, &flow).await, Some(Sent));
    reported(&world, DeliveryOutcome::Delivered).await;
    assert_eq!(shown(&world, &flow).await, Some(Delivered));
    reported(&world, DeliveryOutcome::Failed).await;
    assert_eq!(shown(&world, &flow).await, Some(Delivered));

    world.wait(60);
    world.verification.resend(world.id(&flow), None, &Caller::default()).await.unwrap();
    assert_eq!(shown(&world, &flow).await, Some(Queued), "that of the code which was sent again");
}

#[tokio::test]
async fn a_code_that_nobody_can_take_has_failed_and_a_password_is_not_sent() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    world.mail.fail_next(SendError::recipient_never("no such mailbox"));
    world.delivery.run_once().await.unwrap();

    assert_eq!(shown(&world, &flow).await, Some(DeliveryState::Failed));
    let password = world.password_login.start(fixtures::email(1), &Caller::default()).await.unwrap();
    assert_eq!(shown(&world, &password).await, None);
    world.wait(3600);
    let closed = world.verification.show(world.id(&flow), &Caller::default()).await;
    assert!(matches!(closed, Err(VerifyError::Closed)));
}

#[tokio::test]
async fn nobodys_flow_shows_the_sequence_and_the_delays_of_a_code_that_arrived() {
    let world = learned().await;

    let (somebody, nobody) = (login(&world, 2).await, login(&world, 9).await);
    let mut states = Vec::new();
    for second in 0..5 {
        if second == 1 {
            world.delivery.run_once().await.unwrap();
        }
        if second == 3 {
            reported(&world, DeliveryOutcome::Delivered).await;
        }
        states
            .push([shown(&world, &somebody).await, shown(&world, &nobody).await].map(|state| state.unwrap().as_str()));
        world.wait(1);
    }

    let expected = ["queued", "sent", "sent", "delivered", "delivered"];
    assert_eq!(states, expected.map(|state| [state, state]));
}

#[tokio::test]
async fn nobodys_code_that_was_written_at_once_is_not_shown_ahead_of_its_time() {
    let world = learned().await;
    let nobody = login(&world, 9).await;

    world.delivery.run_once().await.unwrap();

    assert_eq!(shown(&world, &nobody).await, Some(DeliveryState::Queued));
    world.wait(1);
    assert_eq!(shown(&world, &nobody).await, Some(DeliveryState::Sent));
}

#[tokio::test]
async fn while_all_providers_are_left_alone_nobodys_code_waits_as_somebodys_does() {
    let world = learned().await;
    for _ in 0..5 {
        world.sms.fail_next(SendError::unavailable("no connection"));
        login(&world, 1).await;
        world.delivery.run_once().await.unwrap();
    }

    let (somebody, nobody) = (login(&world, 2).await, login(&world, 9).await);
    world.delivery.run_once().await.unwrap();
    world.wait(4);

    let states = [shown(&world, &somebody).await, shown(&world, &nobody).await];
    assert_eq!(states, [Some(DeliveryState::Queued); 2]);
}

#[tokio::test]
async fn where_outcomes_are_for_known_devices_a_stranger_is_told_that_it_was_sent() {
    let mut world = learned().await;
    world.verification.outcomes = Outcomes::KnownDevices;

    let flow = login(&world, 2).await;
    world.delivery.run_once().await.unwrap();
    reported(&world, DeliveryOutcome::Failed).await;

    assert_eq!(shown(&world, &flow).await, Some(DeliveryState::Sent));
}
