//! Claims of a number that somebody else has verified since.

use doorward_app::{claims::ClaimDrops, limits::Caller};
use doorward_notifier::NoticeTemplate;
use doorward_testkit::fixtures;

use crate::world::{PASSWORD, World, signed_in};

#[tokio::test]
async fn all_of_120_claimants_lose_a_number_and_are_told_once_another_has_verified_it() {
    let world = World::new();
    let number = fixtures::phone(1);
    let mut continuations = Vec::new();
    for n in 1..=120 {
        let email = fixtures::email(n);
        let flow = world.register(&email, &number, PASSWORD).await;
        let code = world.code(email.as_str()).await;
        continuations.push(world.verify_email(&flow, &code).await.unwrap().continuation);
    }
    let last = world.named(&continuations[119]).await;
    let flow = world.phone_login.start(number.clone(), last, &Caller::default()).await.unwrap();
    let code = world.code(number.as_str()).await;
    let owner = signed_in(world.enter(&flow, &code).await.unwrap()).user;
    let (clock_and_ids, signal) = (world.verification.clock_and_ids.clone(), world.verification.signal.clone());
    let drops = ClaimDrops { clock_and_ids, signal, claims: world.stores.store.clone() };

    let (first, second) = (drops.run(10).await.unwrap(), drops.run(10).await.unwrap());
    assert!(first > 0 && second == 0, "{first} {second}");

    let holders = world.stores.users().find_by_phone(&number).await.unwrap();
    assert_eq!((holders.owner.map(|owner| owner.id), holders.claimants.len()), (Some(owner.id), 0));
    for n in 1..=119 {
        let told = world.notices(&fixtures::email(n)).await;
        assert_eq!(told.iter().filter(|notice| **notice == NoticeTemplate::PhoneDropped).count(), 1, "{n}");
    }
}
