//! Events and flows in partitions, as the docs make them.

use crate::{
    client::Client,
    doorward::{Engine, World},
    keys::until,
    proxies::settings,
};

const PAGE: &str = include_str!("../../../../docs/scaling.md");

#[tokio::test(flavor = "multi_thread")]
async fn events_may_be_partitioned_by_time_as_the_docs_say() {
    let world = World::new(Engine::Postgres).await.with("retention.sweep_interval", "1s");
    world.run(&["migrate"]);
    let recipe = settings(PAGE, "audit-partitions");
    // The month that has one is this one.
    world.execute(&recipe.replace("2027-01-01", "2020-01-01").replace("2027-02-01", "2120-01-01"));
    world.execute("INSERT INTO audit_events (id, at, kind) VALUES (gen_random_uuid(), '2019-01-01', 'old')");

    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;

    let partitions = || world.postgres().select("SELECT DISTINCT tableoid::regclass FROM audit_events");
    until("what is old is forgotten", async || partitions() == [["audit_events_2027_01"]]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_may_be_partitioned_by_their_id_as_the_docs_say() {
    let world = World::new(Engine::Postgres).await;
    world.run(&["migrate"]);
    world.execute(settings(PAGE, "flow-partitions"));
    let node = world.serve().await;
    let client = Client::of(&node);

    client.member(&world, "ada@example.com", "+14155552671").await;
    client.again(&world, "+14155552671", 2).await;

    let plan = world.postgres().select(
        "EXPLAIN (FORMAT JSON) UPDATE challenges SET tries = tries + 1 \
             WHERE id = '00000000-0000-0000-0000-000000000001' AND closed_at IS NULL",
    );
    let read = plan.concat().concat().matches("\"Index Scan\"").count();
    assert_eq!(read, 1, "{plan:?}");
    assert_eq!(world.postgres().select("SELECT count(*)::text FROM challenges"), [["4"]]);
}
