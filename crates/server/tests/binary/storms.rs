//! Many calls at once, on both databases.

use std::{env, sync::Arc};

use reqwest::StatusCode;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    client::{Answer, Client, texted},
    doorward::{Engine, World},
};

const PHONE: &str = "+14155552671";

/// How often to do what is done again and again: so many times, or what CI asks for.
#[allow(clippy::disallowed_methods, reason = "the environment is all that can set up `cargo test`")]
pub(crate) fn rounds(usual: usize) -> usize {
    env::var("DOORWARD_TEST_ROUNDS").map_or(usual, |rounds| rounds.parse().unwrap())
}

/// Makes that many calls at the same moment.
async fn at_once(client: &Client, flow: &str, codes: Vec<String>) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(codes.len()));
    let mut calls = JoinSet::new();
    for code in codes {
        let (client, flow, start) = (client.clone(), flow.to_owned(), start.clone());
        calls.spawn(async move {
            start.wait().await;
            client.enter(&flow, &code).await
        });
    }
    calls.join_all().await
}

fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

async fn one_session_each_round(engine: Engine) {
    // More messages than a day's and a country's bucket have by default.
    let world = World::new(engine).await.with("limits.sms_budget", "off").with("limits.sms_country", "off");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, "ada@example.com", PHONE).await;

    for round in 0..rounds(50) {
        let flow = client.login(PHONE, None).await;
        let code = texted(&world, PHONE, round + 2).await;
        let answers = at_once(&client, &flow, vec![code; 64]).await;

        assert_eq!((count(&answers, StatusCode::OK), count(&answers, StatusCode::GONE)), (1, 63), "round {round}");
    }
}

async fn five_are_counted(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, "ada@example.com", PHONE).await;
    let flow = client.login(PHONE, None).await;
    let code = texted(&world, PHONE, 2).await;

    let wrongs: Vec<_> = (0..=200).map(|n| format!("{n:06}")).filter(|wrong| *wrong != code).take(200).collect();
    let answers = at_once(&client, &flow, wrongs).await;

    assert_eq!((count(&answers, StatusCode::UNAUTHORIZED), count(&answers, StatusCode::GONE)), (5, 195));
    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::GONE);
    if engine == Engine::Postgres {
        assert_eq!(world.dump().matches("flow.failed").count(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_right_codes_at_once_one_opens_a_session_on_postgres() {
    one_session_each_round(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_right_codes_at_once_one_opens_a_session_on_sqlite() {
    one_session_each_round(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_wrong_codes_at_once_five_are_counted_on_postgres() {
    five_are_counted(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_200_wrong_codes_at_once_five_are_counted_on_sqlite() {
    five_are_counted(Engine::Sqlite).await;
}
