//! Decoys: flows that never send anything write as much as others.

use doorward_app::limits::Caller;
use doorward_notifier::{Content, Message, Stage};
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World};

async fn written(world: &World) -> Vec<Message> {
    let entries = world.stores.outbox().list(Stage::Waiting, 10).await.unwrap();
    entries.into_iter().map(|entry| entry.message).collect()
}

/// Starts what sends to address and number of that person, and sends the code of a login again.
async fn start_all(world: &World, n: u32) -> Vec<Message> {
    let caller = Caller::default();
    let mut all = Vec::new();
    world.register(&fixtures::email(n), &fixtures::phone(n), PASSWORD).await;
    all.extend(written(world).await);
    world.deliver().await;
    world.recovery.request(fixtures::email(n), &caller).await.unwrap();
    all.extend(written(world).await);
    world.deliver().await;
    let flow = world.phone_login.start(fixtures::phone(n), None, &caller).await.unwrap();
    all.extend(written(world).await);
    world.deliver().await;
    world.wait(60);
    world.verification.resend(world.id(&flow), None, &caller).await.unwrap();
    all.extend(written(world).await);
    world.deliver().await;
    all
}

#[tokio::test]
async fn starts_for_nobody_write_a_message_each_as_those_for_somebody_do() {
    let world = World::new();
    world.member(1).await;
    world.deliver().await;
    let until = |message: &Message| message.expires_at.as_micros() - message.created_at.as_micros();

    let (known, unknown) = (start_all(&world, 1).await, start_all(&world, 2).await);

    assert_eq!((known.len(), unknown.len()), (4, 4));
    let channels = |messages: &[Message]| messages.iter().map(|it| it.recipient.channel()).collect::<Vec<_>>();
    assert_eq!(channels(&known), channels(&unknown));
    assert_eq!(until(&known[2]), until(&unknown[2]));
    assert!(known.iter().all(|message| !matches!(message.content, Content::Decoy { .. })));
    let decoys = unknown.iter().filter(|message| matches!(message.content, Content::Decoy { .. }));
    assert_eq!(decoys.count(), 3, "all but the registration");
}

#[tokio::test]
async fn a_second_registration_of_a_taken_address_writes_a_decoy_in_place_of_the_notice() {
    let world = World::new();
    world.member(1).await;
    start_all(&world, 1).await;

    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;

    let written = written(&world).await;
    assert!(matches!(written[..], [Message { content: Content::Decoy { .. }, .. }]), "{written:?}");
}

#[tokio::test]
async fn what_was_written_for_nobody_is_settled_and_never_sent_whoever_claims_it() {
    let world = World::new();
    world.phone_login.start(fixtures::phone(1), None, &Caller::default()).await.unwrap();
    world.recovery.request(fixtures::email(1), &Caller::default()).await.unwrap();
    assert_eq!(written(&world).await.len(), 2);

    let delivered = world.delivery.run_once().await.unwrap();

    assert_eq!((delivered.claimed, delivered.sent), (2, 0));
    assert_eq!((world.mail.sent().len(), world.sms.sent().len()), (0, 0));
    assert_eq!(written(&world).await, []);
    assert_eq!(world.delivery.run_once().await.unwrap().claimed, 0);
}
