//! A service whose role may read and write, and nothing else.

use reqwest::StatusCode;
use url::Url;

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
};

/// The same database for a role whose password is `clerk`; a socket has its user behind the question mark.
fn as_role(mut url: Url, role: &str) -> Url {
    if url.set_username(role).is_ok() {
        url.set_password(Some("clerk")).unwrap();
        return url;
    }
    let others: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "user").collect();
    url.query_pairs_mut().clear().extend_pairs(others).extend_pairs([("user", role), ("password", "clerk")]);
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_a_right_to_the_schema_runs_the_service() {
    let world = World::new(Engine::Postgres).await.with("database.migrate", "false");
    let url = Url::parse(world.postgres().url()).unwrap();
    let role = format!("{}_clerk", url.path().trim_start_matches('/'));
    world.execute(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'clerk'; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let world = world.with("database.url", as_role(url, &role).as_str());
    let node = world.serve().await;
    let client = Client::of(&node);

    let access = text(&client.member(&world, "ada@example.com", "+14155552671").await, "access_token");

    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
    assert!(world.operate(&["user", "find", "ada@example.com"]).status.success());
    drop(node);
    world.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}
