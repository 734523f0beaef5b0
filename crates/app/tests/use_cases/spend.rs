//! Limits of all messages together: their cost, and how fast they go out.

use doorward_app::limits::{PriceList, SmsPolicy};
use doorward_kernel::{AuditKind, Country, PhoneChannel};
use doorward_limit::{Limit, Limits};
use doorward_testkit::fixtures;

use crate::world::{World, of_identifiers, stranger};

fn unhindered() -> Limits {
    Limits { sms_prefix: Limit::OFF, sms_country: Limit::OFF, ..of_identifiers() }
}

fn per_day(count: u32) -> Limit {
    Limit::parse(&format!("{count}/1d")).unwrap()
}

async fn recorded(world: &World, kind: AuditKind) -> usize {
    world.settle().await;
    world.store.audit().iter().filter(|event| event.kind == kind).count()
}

/// Accounts that log in by number, one after the other; how many SMS that sends.
async fn sent(world: &World, numbers: std::ops::Range<u32>) -> usize {
    for n in numbers.clone() {
        world.account(n).await;
    }
    for n in numbers {
        world.phone_login.start(fixtures::phone(n), None, &stranger(n)).await.unwrap();
    }
    world.deliver().await;
    world.sms.sent().len()
}

#[tokio::test]
async fn the_day_s_sms_warn_once_at_eighty_percent_and_stop_at_all() {
    let world = World::limited(Limits { sms_budget: per_day(5), ..unhindered() });

    assert_eq!(sent(&world, 1..4).await, 3);
    assert_eq!(recorded(&world, AuditKind::SmsBudgetWarning).await, 0);
    assert_eq!(sent(&world, 4..9).await, 5);

    assert_eq!(recorded(&world, AuditKind::SmsBudgetWarning).await, 1);
    assert_eq!(recorded(&world, AuditKind::SmsBudgetExhausted).await, 3);
    world.wait(86_400);
    assert_eq!(sent(&world, 9..20).await, 10);
    assert_eq!(recorded(&world, AuditKind::SmsBudgetWarning).await, 2);
}

#[tokio::test]
async fn what_sms_cost_stops_them_whatever_their_number() {
    let mut world = World::limited(Limits { sms_spend: per_day(100), ..unhindered() });
    let by_country = vec![(Country::parse("US").unwrap(), 30)];
    let prices = vec![(PhoneChannel::Sms, PriceList { by_country, elsewhere: 50 })];
    world.delivery.gate.policy = SmsPolicy { prices, ..SmsPolicy::default() };

    assert_eq!(sent(&world, 1..9).await, 3);

    assert_eq!(recorded(&world, AuditKind::SmsSpendWarning).await, 1);
    assert_eq!(recorded(&world, AuditKind::SmsBudgetExhausted).await, 5);
}

#[tokio::test]
async fn the_day_s_mails_warn_once_at_eighty_percent_and_stop_at_all() {
    let world = World::limited(Limits { email_budget: per_day(5), ..unhindered() });

    for n in 1..9 {
        world.register(&fixtures::email(n), &fixtures::phone(n), crate::world::PASSWORD).await;
    }
    world.deliver().await;

    assert_eq!(world.mail.sent().len(), 5);
    assert_eq!(recorded(&world, AuditKind::EmailBudgetWarning).await, 1);
    assert_eq!(recorded(&world, AuditKind::EmailBudgetExhausted).await, 3);
}

#[tokio::test]
async fn a_rush_of_messages_waits_for_its_rate_and_loses_none() {
    let world = World::limited(Limits { email_rate: Limit::parse("2/1s").unwrap(), ..unhindered() });
    for n in 1..6 {
        world.register(&fixtures::email(n), &fixtures::phone(n), crate::world::PASSWORD).await;
    }

    let mut sent = Vec::new();
    for _ in 0..4 {
        world.deliver().await;
        sent.push(world.mail.sent().len());
        world.wait(1);
    }

    assert_eq!(sent, [2, 4, 5, 5]);
}
