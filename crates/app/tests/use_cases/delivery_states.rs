//! What a flow shows of its code, to somebody and to nobody.

use doorward_app::{
    delivery::{Outcomes, Reach, Reports},
    flow::{FlowView, VerifyError},
    limits::Caller,
};
use doorward_notifier::{DeliveryOutcome, DeliveryState, SendError};
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World, device};

async fn shown(world: &World, flow: &FlowView) -> Option<DeliveryState> {
    world.verification.show(world.id(flow), &Caller::default()).await.unwrap().1
}

async fn login(world: &World, n: u32) -> FlowView {
    world.phone_login.start(fixtures::phone(n), None, &Caller::default()).await.unwrap()
}

/// The states that two flows show at once and a second later.
async fn states_of(world: &World, flows: [&FlowView; 2]) -> Vec<[&'static str; 2]> {
    let mut states = Vec::new();
    for _ in 0..2 {
        states.push([shown(world, flows[0]).await, shown(world, flows[1]).await].map(|state| state.unwrap().as_str()));
        world.wait(1);
    }
    states
}

fn reports(world: &World) -> Reports {
    Reports { delivery: world.delivery.clone(), signal: world.verification.signal.clone() }
}

/// The provider of the world tells of the SMS that it took last.
async fn reported(world: &World, outcome: DeliveryOutcome) {
    let taken = world.sms.sent().pop().unwrap();
    let entry = world.stores.outbox().find(taken.id).await.unwrap().unwrap();
    let provider = entry.delivery.provider.unwrap();
    reports(world).take(taken.id, &provider, outcome, Reach::ByOthers).await.unwrap();
}

/// A world in which every flow shows what truly became of its code.
fn told() -> World {
    let mut world = World::new();
    world.verification.outcomes = Outcomes::Everyone;
    world
}

/// Members of whom the first one's code arrives after a second and two more, in a world of that kind.
async fn learned() -> World {
    let world = told();
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
    let world = told();
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
    let world = told();
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
async fn strangers_see_alike_whether_an_address_is_free_or_taken() {
    let world = World::new();
    world.account(1).await;
    let taken = world.register(&fixtures::email(1), &fixtures::phone(2), PASSWORD).await;
    let free = world.register(&fixtures::email(3), &fixtures::phone(3), PASSWORD).await;

    assert_eq!(states_of(&world, [&free, &taken]).await, ["queued", "sent"].map(|state| [state, state]));
}

#[tokio::test]
async fn strangers_see_alike_whether_a_number_is_somebodys_whatever_became_of_codes() {
    let world = World::new();
    for n in 1..=2 {
        world.member(n).await;
    }
    world.deliver().await;
    login(&world, 1).await;
    world.delivery.run_once().await.unwrap();
    reported(&world, DeliveryOutcome::Failed).await;
    world.delivery.learn().await.unwrap();
    world.sms.fail_next(SendError::unavailable("no connection"));

    let (somebody, nobody) = (login(&world, 2).await, login(&world, 9).await);
    world.delivery.run_once().await.unwrap();

    assert_eq!(states_of(&world, [&somebody, &nobody]).await, ["queued", "sent"].map(|state| [state, state]));
}

#[tokio::test]
async fn strangers_see_a_code_sent_after_the_median_of_twenty_others() {
    let world = World::new();
    world.member(1).await;
    world.deliver().await;
    for _ in 0..20 {
        login(&world, 1).await;
    }
    world.wait(3);
    world.deliver().await;
    for message in world.sms.sent().into_iter().rev().take(20) {
        let entry = world.stores.outbox().find(message.id).await.unwrap().unwrap();
        let provider = entry.delivery.provider.unwrap();
        reports(&world).take(message.id, &provider, DeliveryOutcome::Delivered, Reach::ByOthers).await.unwrap();
    }
    world.delivery.learn().await.unwrap();
    let flow = login(&world, 9).await;

    world.wait(2);
    assert_eq!(shown(&world, &flow).await, Some(DeliveryState::Queued));
    world.wait(1);
    assert_eq!(shown(&world, &flow).await, Some(DeliveryState::Sent));
}

#[tokio::test]
async fn a_known_device_is_shown_that_its_code_failed() {
    let world = World::new();
    let own = device(&world, &world.member(1).await);
    let flow = world.phone_login.start(fixtures::phone(1), None, &own).await.unwrap();

    world.deliver().await;
    reported(&world, DeliveryOutcome::Failed).await;

    assert_eq!(shown(&world, &flow).await, Some(DeliveryState::Failed));
}
