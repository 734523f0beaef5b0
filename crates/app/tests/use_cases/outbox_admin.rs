use doorward_app::delivery::{Delivered, Listing, OutboxAdmin, Scope};
use doorward_notifier::{Entry, EntryState, RetriedDead, RetryOutcome, SendError};
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World};

fn outbox_admin(world: &World) -> OutboxAdmin {
    OutboxAdmin { clock_and_ids: world.delivery.clock_and_ids.clone(), outbox: world.stores.store.clone() }
}

/// Somebody registers, and the mail is refused for good.
async fn refused(world: &World, n: u32) {
    world.register(&fixtures::email(n), &fixtures::phone(n), PASSWORD).await;
    world.mail.fail_next(SendError::recipient_never("no such mailbox"));
    assert_eq!(world.delivery.run_once().await.unwrap(), Delivered { claimed: 1, sent: 0 });
}

/// Whom the messages are for, and whether they are dead.
fn told(listing: &Listing) -> (Vec<(&str, bool)>, bool) {
    let is_dead = |entry: &Entry| matches!(entry.state, EntryState::Dead { .. });
    let told = listing.entries.iter().map(|entry| (entry.message.recipient.as_str(), is_dead(entry)));
    (told.collect(), listing.is_more)
}

#[tokio::test]
async fn the_dead_are_listed_before_what_waits_and_the_end_is_told() {
    let world = World::new();
    refused(&world, 1).await;
    world.wait(1);
    refused(&world, 2).await;
    world.register(&fixtures::email(3), &fixtures::phone(3), PASSWORD).await;
    let (first, second, third) = (fixtures::email(1), fixtures::email(2), fixtures::email(3));
    let (first, second, third) = ((first.as_str(), true), (second.as_str(), true), (third.as_str(), false));
    let list = async |scope, limit| outbox_admin(&world).list(scope, limit).await.unwrap();

    assert_eq!(told(&list(Scope::Everything, 3).await), (vec![second, first, third], false));
    assert_eq!(told(&list(Scope::Everything, 2).await), (vec![second, first], true));
    assert_eq!(told(&list(Scope::Everything, 1).await), (vec![second], true));
    assert_eq!(told(&list(Scope::Dead, 2).await), (vec![second, first], false));
}

#[tokio::test]
async fn what_is_retried_is_sent_with_the_same_code() {
    let world = World::new();
    refused(&world, 1).await;
    let outbox_admin = outbox_admin(&world);
    let id = outbox_admin.list(Scope::Dead, 1).await.unwrap().entries[0].message.id;

    assert_eq!(outbox_admin.retry(id).await.unwrap(), RetryOutcome::Retried);

    assert_eq!(world.delivery.run_once().await.unwrap(), Delivered { claimed: 1, sent: 1 });
    assert_eq!(outbox_admin.find(id).await.unwrap().map(|entry| entry.state), Some(EntryState::Sent));
    assert_eq!(outbox_admin.retry(id).await.unwrap(), RetryOutcome::NotDead);
}

#[tokio::test]
async fn a_code_past_its_end_is_not_retried() {
    let world = World::new();
    refused(&world, 1).await;
    let outbox_admin = outbox_admin(&world);
    let id = outbox_admin.list(Scope::Dead, 1).await.unwrap().entries[0].message.id;

    world.wait(600);

    assert_eq!(outbox_admin.retry(id).await.unwrap(), RetryOutcome::Expired);
    assert_eq!(outbox_admin.retry_dead().await.unwrap(), RetriedDead { retried: 0, expired: 1 });
    assert_eq!(world.delivery.run_once().await.unwrap(), Delivered::default());
}

#[tokio::test]
async fn of_what_a_provider_says_at_length_one_line_is_kept() {
    let world = World::new();
    world.register(&fixtures::email(1), &fixtures::phone(1), PASSWORD).await;
    world.mail.fail_next(SendError::recipient_never(format!("no\r\n\0 {}", "é".repeat(1000))));
    world.delivery.run_once().await.unwrap();

    let listing = outbox_admin(&world).list(Scope::Dead, 1).await.unwrap();

    let failure = listing.entries[0].failure.clone().unwrap();
    assert_eq!(failure.chars().count(), 500);
    assert!(failure.ends_with('é') && failure.contains("no    é") && !failure.contains(char::is_control), "{failure}");
}
