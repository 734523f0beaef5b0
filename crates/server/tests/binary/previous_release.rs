//! The release before this one, on the schema of this one: nodes are restarted one after the other, and may go back.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Client, text, texted},
    doorward::{Doorward, Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// The program of the previous release; until there is one, there is nothing to test.
#[allow(clippy::disallowed_methods, reason = "the environment is all that can set up `cargo test`")]
fn previous() -> Option<PathBuf> {
    let program = env::var_os("DOORWARD_PREVIOUS_RELEASE").map(PathBuf::from);
    if program.is_none() {
        eprintln!("not tested: DOORWARD_PREVIOUS_RELEASE names no program");
    }
    program
}

/// Starts a node of that program.
async fn serve(world: &World, program: &Path) -> Doorward {
    let mut command = Command::new(program);
    command.arg("serve");
    Doorward::start(world.within(command)).await
}

/// Somebody who has registered at the first node is known at the second, and logs in there to what the first takes.
async fn go_together(world: &World, first: &Doorward, second: &Doorward, n: usize) {
    let (first, second) = (Client::of(first), Client::of(second));
    let (email, phone) = (format!("{n}{EMAIL}"), format!("{}{n}", &PHONE[..PHONE.len() - 1]));
    let tokens = first.member(world, &email, &phone).await;
    assert_eq!(second.get_as(&text(&tokens, "access_token"), "/me").await.status, StatusCode::OK);
    let renewed = second.refresh(&text(&tokens, "refresh_token")).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");

    let flow = text(&second.post("/login", &json!({ "phone_number": phone })).await.body, "flow_token");
    let entered = first.enter(&flow, &texted(world, &phone, 2).await).await;
    assert_eq!(entered.status, StatusCode::OK, "{entered:?}");
    assert_eq!(second.get_as(&text(&entered.body, "access_token"), "/me").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_both_releases_serve_one_postgres() {
    let Some(previous) = previous() else { return };
    let world = World::new(Engine::Postgres).await.with("database.migrate", "false");
    let (new, old) = (world.serve().await, serve(&world, &previous).await);

    go_together(&world, &old, &new, 1).await;
    go_together(&world, &new, &old, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_to_this_release_and_back() {
    let Some(previous) = previous() else { return };
    let world = World::new(Engine::Sqlite).await;
    let mut old = serve(&world, &previous).await;
    let tokens = Client::of(&old).member(&world, EMAIL, PHONE).await;
    old.terminate();

    let mut new = world.serve().await;
    let renewed = Client::of(&new).refresh(&text(&tokens, "refresh_token")).await;
    new.terminate();
    let old = serve(&world, &previous).await;
    let read = Client::of(&old).get_as(&text(&renewed.body, "access_token"), "/me").await;
    let again = Client::of(&old).again(&world, PHONE, 2).await;

    assert_eq!((renewed.status, read.status), (StatusCode::OK, StatusCode::OK), "{renewed:?} {read:?}");
    assert_eq!(again["user"]["email"], EMAIL);
}
