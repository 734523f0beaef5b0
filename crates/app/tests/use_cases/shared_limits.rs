//! Limits that all nodes share, each handing out what it has leased.

use std::{sync::Arc, time::Duration};

use doorward_app::{
    delivery::Delivery,
    limits::{BufferedBuckets, Memory},
};
use doorward_kernel::{AuditKind, Clock, Timestamp};
use doorward_limit::{Limit, Limits};
use doorward_notifier::Content;
use doorward_testkit::{fakes::FixedClock, fixtures};

use crate::world::{PASSWORD, World, of_identifiers};

/// Another node on the same store, whose clock is so far from that of the world.
fn node(world: &World, ahead: Option<Duration>) -> Delivery {
    let mut delivery = world.delivery.clone();
    let limiter = Arc::make_mut(&mut delivery.gate.limiter);
    limiter.memory = Arc::<Memory>::default();
    limiter.buckets = Arc::new(BufferedBuckets::new(world.stores.store.clone()));
    if let Some(ahead) = ahead {
        let clock = FixedClock::default();
        clock.advance(world.clock.now().since(Timestamp::from_micros(clock.now().as_micros())) + ahead);
        delivery.clock_and_ids.clock = Arc::new(clock);
    }
    delivery.policy.batch = 3;
    delivery
}

async fn mails(world: &World, count: u32) {
    for n in 0..count {
        world.register(&fixtures::email(n), &fixtures::phone(n), PASSWORD).await;
    }
}

/// Lets the nodes send in turn until nothing is left; how many mails went out.
async fn sent(world: &World, nodes: &[Delivery]) -> usize {
    let before = world.mail.sent().len();
    loop {
        let mut claimed = 0;
        for node in nodes {
            claimed += node.run_once().await.unwrap().claimed;
        }
        if claimed == 0 {
            return world.mail.sent().len() - before;
        }
    }
}

fn ten_a_day() -> Limits {
    Limits { email_budget: Limit::parse("10/1d").unwrap(), email_rate: Limit::OFF, ..of_identifiers() }
}

#[tokio::test]
async fn of_many_mails_that_eight_nodes_send_ten_go_out_and_the_warning_is_told_once() {
    let world = World::limited(ten_a_day());
    mails(&world, 40).await;
    let nodes: Vec<_> = (0..8).map(|_| node(&world, None)).collect();

    assert_eq!(sent(&world, &nodes).await, 10);

    for node in &nodes {
        node.gate.limiter.record_incidents().await.unwrap();
    }
    let recorded = |kind| world.store.audit().iter().filter(|event| event.kind == kind).count();
    assert_eq!(recorded(AuditKind::EmailBudgetExhausted), 30);
    assert_eq!(recorded(AuditKind::EmailBudgetWarning), 1);
}

#[tokio::test]
async fn a_node_whose_clock_is_ahead_lets_no_more_of_a_day_s_mails_out() {
    let world = World::limited(ten_a_day());
    // A code lives ten minutes.
    mails(&world, 30).await;
    let nodes = [node(&world, None), node(&world, Some(Duration::from_mins(9))), node(&world, None)];

    assert!(sent(&world, &nodes).await <= 10);
}

#[tokio::test]
async fn a_node_that_dies_with_its_lease_costs_no_more_than_a_sixteenth() {
    let world = World::limited(Limits { email_budget: Limit::parse("48/1d").unwrap(), ..ten_a_day() });
    mails(&world, 60).await;
    let dead = node(&world, None);
    for _ in 0..3 {
        dead.run_once().await.unwrap();
    }
    drop(dead);
    let before = world.mail.sent().len();

    let sent = before + sent(&world, &[node(&world, None), node(&world, None)]).await;

    assert!((45..=48).contains(&sent), "{sent}");
}

#[tokio::test]
async fn what_a_start_finds_used_up_it_knows_without_asking_and_its_flow_is_a_decoy() {
    let world = World::limited(Limits { email_budget: Limit::parse("1/1d").unwrap(), ..ten_a_day() });
    mails(&world, 2).await;
    world.deliver().await;
    assert_eq!(world.mail.sent().len(), 1);

    mails(&world, 3).await;

    let written = world.store.messages();
    assert!(written.iter().all(|message| matches!(message.content, Content::Decoy { .. })), "{written:?}");
    world.deliver().await;
    assert_eq!(world.mail.sent().len(), 1);
}
