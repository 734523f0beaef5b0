//! Refresh tokens: spent once, retried in good faith, and stolen.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::json;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    client::{Answer, Client, text},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
/// A tab that woke up with fifty windows.
const CALLS: usize = 50;

async fn at_once(client: &Client, token: &str) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(CALLS));
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let (client, token, start) = (client.clone(), token.to_owned(), start.clone());
        calls.spawn(async move {
            start.wait().await;
            client.refresh(&token).await
        });
    }
    calls.join_all().await
}

async fn all_get_one_successor(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let mut token = text(&client.member(&world, EMAIL, PHONE).await, "refresh_token");

    for round in 0..5 {
        let answers = at_once(&client, &token).await;

        let tokens: Vec<_> = answers
            .iter()
            .map(|answer| {
                assert_eq!(answer.status, StatusCode::OK, "round {round}: {answer:?}");
                text(&answer.body, "refresh_token")
            })
            .collect();
        assert!(tokens.iter().all(|other| *other == tokens[0] && *other != token), "round {round}: two live leaves");
        token.clone_from(&tokens[0]);
    }

    assert_eq!(client.refresh(&token).await.status, StatusCode::OK);
    assert_eq!(world.dump().matches("session.refresh_reuse").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_refreshes_of_one_token_all_get_its_one_successor_on_postgres() {
    all_get_one_successor(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_refreshes_of_one_token_all_get_its_one_successor_on_sqlite() {
    all_get_one_successor(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_token_that_comes_back_ends_the_session_and_its_owner_is_told() {
    let world = World::new(Engine::Postgres).await.with("session.refresh_leeway", "0s");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let first = client.member(&world, EMAIL, PHONE).await;
    let other = client.again(&world, PHONE, 2).await;
    let mut chain = vec![text(&first, "refresh_token")];
    let mut access = text(&first, "access_token");
    for _ in 0..5 {
        let renewed = client.refresh(chain.last().unwrap()).await;
        assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
        assert_eq!(renewed.body["session_id"], first["session_id"]);
        access = text(&renewed.body, "access_token");
        chain.push(text(&renewed.body, "refresh_token"));
    }
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);

    for token in chain {
        let denied = client.refresh(&token).await;
        assert_eq!((denied.status, &denied.body["code"]), (StatusCode::UNAUTHORIZED, &json!("refresh_invalid")));
    }

    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.get_as(&text(&other, "access_token"), "/me").await.status, StatusCode::OK);
    assert_eq!(world.dump().matches("session.refresh_reuse").count(), 1);
    world.mail.wait_for_mail(|mail| mail.subject.contains("A session was ended for safety")).await;
}
