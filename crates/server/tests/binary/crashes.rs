//! Processes that are killed in the middle of things.

use reqwest::StatusCode;

use crate::{
    client::{Client, mailed, texted, wrong},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

async fn the_mail_still_comes(engine: Engine) {
    let world = World::new(engine).await.with("delivery.timeout", "2s").with("delivery.lease", "3s");
    world.mail.stall_next(1);
    let mut doorward = world.serve().await;
    let flow = Client::of(&doorward).register(EMAIL, PHONE).await;
    world.mail.wait_for_stall().await;
    doorward.kill();
    assert_eq!(world.mail.mails().len(), 0);

    let doorward = world.serve().await;

    let code = mailed(&world, EMAIL).await;
    let answer = Client::of(&doorward).verify_email(&flow, &code).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
}

async fn tries_and_flows_survive(engine: Engine) {
    let world = World::new(engine).await;
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;
    for _ in 0..3 {
        client.enter(&flow, &wrong(&code)).await;
    }
    doorward.kill();

    let doorward = world.serve().await;
    let client = Client::of(&doorward);

    assert_eq!(client.enter(&flow, &wrong(&code)).await.body["attempts_left"], 1);
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::OK);
}

async fn tries_are_no_more_after_a_crash(engine: Engine) {
    let world = World::new(engine).await;
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;
    let mut left = Vec::new();
    for _ in 0..3 {
        left.push(client.enter(&flow, &wrong(&code)).await.body["attempts_left"].clone());
    }
    doorward.kill();

    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    for _ in 0..2 {
        left.push(client.enter(&flow, &wrong(&code)).await.body["attempts_left"].clone());
    }
    let denied = client.enter(&flow, &code).await;

    assert_eq!(left, [4, 3, 2, 1, 0]);
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::GONE, &"flow_closed".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_gives_no_try_back_on_postgres() {
    tries_are_no_more_after_a_crash(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_gives_no_try_back_on_sqlite() {
    tries_are_no_more_after_a_crash(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_outlives_the_process_that_was_sending_it_on_postgres() {
    the_mail_still_comes(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_outlives_the_process_that_was_sending_it_on_sqlite() {
    the_mail_still_comes(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_and_flows_outlive_a_process_on_postgres() {
    tries_and_flows_survive(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_and_flows_outlive_a_process_on_sqlite() {
    tries_and_flows_survive(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_asked_to_stop_ends_well() {
    let world = World::new(Engine::Sqlite).await;
    let mut doorward = world.serve().await;
    Client::of(&doorward).member(&world, EMAIL, PHONE).await;

    assert!(doorward.terminate());
    assert!(doorward.log().contains("stopped"));
}
