//! Databases that a newer release has migrated.

use crate::{
    client::Client,
    doorward::{Engine, World},
};

/// A migration of a newer release: it adds what this one does not know.
const ADDS: &str = "ALTER TABLE users ADD COLUMN pronoun text; CREATE TABLE badges (id bigint PRIMARY KEY); \
    INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')";

/// One that takes something away.
const TAKES_AWAY: &str = "UPDATE schema_floor SET version = '20990101000001'";

async fn serves_where_a_newer_release_has_only_added(engine: Engine) {
    let world = World::new(engine).await;
    world.run(&["migrate"]);
    world.execute(ADDS);

    let node = world.serve().await;
    Client::of(&node).member(&world, "ada@example.com", "+14155552671").await;

    assert!(world.run(&["migrate", "status"]).contains("applied by a newer release 20990101000001"));
    assert!(node.log().contains("a newer release has migrated the database"), "{}", node.log());
}

async fn refuses_what_it_is_too_old_for(engine: Engine) {
    let world = World::new(engine).await;
    world.run(&["migrate"]);
    world.execute(ADDS);
    world.execute(TAKES_AWAY);

    for arguments in [["serve"].as_slice(), &["user", "find", "ada@example.com"]] {
        let refused = world.operate(arguments);

        let told = [refused.stdout, refused.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(!refused.status.success(), "{arguments:?}: {told}");
        assert!(told.contains("must know 20990101000001"), "{arguments:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_where_a_newer_release_has_only_added_on_postgres() {
    serves_where_a_newer_release_has_only_added(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_where_a_newer_release_has_only_added_on_sqlite() {
    serves_where_a_newer_release_has_only_added(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_schema_that_it_is_too_old_for_on_postgres() {
    refuses_what_it_is_too_old_for(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_a_schema_that_it_is_too_old_for_on_sqlite() {
    refuses_what_it_is_too_old_for(Engine::Sqlite).await;
}
