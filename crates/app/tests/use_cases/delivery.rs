use doorward_app::{delivery::Delivered, limits::Caller};
use doorward_notifier::{Claimed, Scope, SendError};
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World};

async fn run(world: &World) -> Delivered {
    world.delivery.run_once().await.unwrap()
}

#[tokio::test]
async fn a_message_is_sent_once() {
    let world = World::new();
    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;

    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 1 });

    assert_eq!(run(&world).await, Delivered::default());
    assert_eq!(world.store.messages(), []);
}

#[tokio::test]
async fn a_transient_failure_is_tried_again_with_the_same_code() {
    let world = World::new();
    let flow = world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    world.mail.fail_next(SendError::transient("busy"));
    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 0 });
    assert_eq!(run(&world).await, Delivered::default());

    world.wait(2);

    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 1 });
    let code = world.code(fixtures::email(1).as_str()).await;
    assert!(world.verify_email(&flow, &code).await.is_ok());
}

#[tokio::test]
async fn a_permanent_failure_is_kept_and_not_tried_again() {
    let world = World::new();
    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    world.mail.fail_next(SendError::recipient_never("no such mailbox"));
    run(&world).await;

    world.wait(300);

    assert_eq!(run(&world).await, Delivered::default());
    assert_eq!(world.store.messages().len(), 1);
}

#[tokio::test]
async fn a_code_that_has_ended_is_dropped() {
    let world = World::new();
    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;

    world.wait(600);

    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 0 });
    assert_eq!((world.mail.tries(), world.store.messages().len()), (0, 0));
}

#[tokio::test]
async fn a_worker_that_dies_leaves_its_messages_to_the_next_one() {
    let world = World::new();
    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let lease = fixtures::now() + world.delivery.policy.lease;
    let lost = world.stores.outbox().claim(fixtures::now(), lease, 10).await.unwrap();
    assert_eq!((lost.len(), run(&world).await), (1, Delivered::default()));

    world.wait(60);

    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 1 });
}

/// A message that is leased for this process, as a start writes it.
async fn leased(world: &World) -> Claimed {
    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    let lease = fixtures::now() + world.delivery.policy.lease;
    world.stores.outbox().claim(fixtures::now(), lease, 10).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_leased_message_is_sent_without_a_claim() {
    let world = World::new();
    let leased = leased(&world).await;

    world.delivery.deliver_leased(leased).await.unwrap();

    assert_eq!((world.mail.tries(), world.store.messages().len()), (1, 0));
}

#[tokio::test]
async fn a_leased_message_that_waited_for_half_of_its_lease_is_for_whoever_claims_it() {
    let world = World::new();
    let leased = leased(&world).await;
    world.wait(16);

    world.delivery.deliver_leased(leased).await.unwrap();

    assert_eq!(world.mail.tries(), 0);
    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 1 });
}

/// Five mails that nobody takes.
async fn outage(world: &World) {
    for n in 1..=5 {
        world.register(&fixtures::email(n), &fixtures::phone(n), PASSWORD).await;
        world.mail.fail_next(SendError::unavailable("no connection"));
    }
    assert_eq!(run(world).await, Delivered { claimed: 5, sent: 0 });
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_left_alone_and_then_asked_once() {
    let world = World::new();
    outage(&world).await;
    world.wait(20);
    assert_eq!(run(&world).await, Delivered { claimed: 5, sent: 0 });
    assert_eq!(world.mail.tries(), 5);

    world.wait(10);
    world.mail.fail_next(SendError::unavailable("no connection"));
    assert_eq!(run(&world).await, Delivered { claimed: 5, sent: 0 });
    assert_eq!(world.mail.tries(), 6);
    world.wait(30);
    run(&world).await;
    world.wait(30);
    run(&world).await;

    assert_eq!(world.mail.sent().len(), 5);
}

#[tokio::test]
async fn an_account_that_does_not_send_is_left_alone_and_loses_no_message() {
    let world = World::new();
    for n in 1..=5 {
        world.register(&fixtures::email(n), &fixtures::phone(n), PASSWORD).await;
        world.mail.fail_next(SendError::provider_cannot(Scope::Everyone, "wrong token"));
    }
    assert_eq!(run(&world).await, Delivered { claimed: 5, sent: 0 });
    world.wait(20);
    assert_eq!(run(&world).await, Delivered { claimed: 5, sent: 0 });
    assert_eq!(world.mail.tries(), 5);

    world.wait(10);
    run(&world).await;
    world.wait(30);
    run(&world).await;

    assert_eq!(world.mail.sent().len(), 5);
}

#[tokio::test]
async fn the_other_provider_goes_on() {
    let world = World::new();
    world.member(9).await;
    world.deliver().await;
    outage(&world).await;

    world.phone_login.start(fixtures::phone(9), None, &Caller::default()).await.unwrap();

    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 1 });
}

#[tokio::test]
async fn a_provider_that_refuses_is_there() {
    let world = World::new();
    for n in 1..=8 {
        world.register(&fixtures::email(n), &fixtures::phone(n), PASSWORD).await;
        world.mail.fail_next(match n % 4 {
            0 => SendError::transient("busy"),
            1 => SendError::recipient_never("no"),
            2 => SendError::failed("no"),
            _ => SendError::provider_cannot(Scope::Country, "not there"),
        });
    }
    run(&world).await;

    world.register(&fixtures::email(9), &fixtures::phone(9), PASSWORD).await;

    assert_eq!(run(&world).await, Delivered { claimed: 1, sent: 1 });
}
