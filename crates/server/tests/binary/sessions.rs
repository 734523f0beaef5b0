//! The sessions of an account: listed, ended, and never too many.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

async fn listed(client: &Client, access: &str) -> Vec<Value> {
    let answer = client.get_as(access, "/sessions").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body["sessions"].as_array().unwrap().clone()
}

async fn listed_and_ended(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let stranger = client.member(&world, "eve@example.com", "+14155552672").await;
    let first = client.member(&world, EMAIL, PHONE).await;
    let second = client.again(&world, PHONE, 2).await;
    let third = client.again(&world, PHONE, 3).await;
    let [first, second, third] = [first, second, third]
        .map(|tokens| (text(&tokens, "session_id"), text(&tokens, "access_token"), text(&tokens, "refresh_token")));

    let sessions = listed(&client, &second.1).await;
    let ids: Vec<_> = sessions.iter().map(|session| text(session, "id")).collect();
    assert_eq!(ids, [third.0.as_str(), &second.0, &first.0]);
    let current: Vec<_> = sessions.iter().map(|session| session["current"].clone()).collect();
    assert_eq!(current, [json!(false), json!(true), json!(false)]);
    assert_eq!((&sessions[0]["place"], &sessions[0]["device"]), (&json!("127.0.0.0/24"), &Value::Null));
    assert_eq!(sessions[0].as_object().unwrap().len(), 6);

    assert_eq!(client.delete_as(&second.1, &format!("/sessions/{}", first.0)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get_as(&first.1, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.refresh(&first.2).await.status, StatusCode::UNAUTHORIZED);
    for none in [first.0.as_str(), &text(&stranger, "session_id"), "00000000-0000-7000-8000-000000000000", "x%00'", "1"]
    {
        let answer = client.delete_as(&second.1, &format!("/sessions/{none}")).await;
        assert_eq!((answer.status, &answer.body["code"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{none}");
    }
    assert_eq!(client.get_as(&text(&stranger, "access_token"), "/me").await.status, StatusCode::OK);

    assert_eq!(client.delete_as(&second.1, "/sessions").await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.delete_as(&second.1, "/sessions").await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get_as(&third.1, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.delete_as(&third.1, "/sessions").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(listed(&client, &second.1).await.len(), 1);
    let posted = client.post_as(&second.1, "/sessions", &json!({})).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_lists_and_ends_sessions_on_sqlite() {
    listed_and_ended(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_lists_and_ends_sessions_on_postgres() {
    listed_and_ended(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_21st_session_ends_the_least_recently_used_and_its_owner_is_told() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let first = client.member(&world, EMAIL, PHONE).await;
    let mut tokens = vec![text(&first, "access_token")];
    for n in 2..=21 {
        tokens.push(text(&client.again(&world, PHONE, n).await, "access_token"));
    }

    let sessions = listed(&client, &tokens[20]).await;

    assert_eq!(sessions.len(), 20);
    assert_eq!(client.get_as(&tokens[0], "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.get_as(&tokens[1], "/me").await.status, StatusCode::OK);
    world.mail.wait_for_mail(|mail| mail.subject.contains("A session was ended to make room")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_agree_at_once_on_what_has_ended() {
    let world = World::new(Engine::Postgres).await;
    let (one, two) = (world.serve().await, world.serve().await);
    let (first, second) = (Client::of(&one), Client::of(&two));
    let early = first.member(&world, EMAIL, PHONE).await;
    let late = second.again(&world, PHONE, 2).await;
    let [early_access, late_access] = [&early, &late].map(|tokens| text(tokens, "access_token"));
    assert_eq!(second.get_as(&early_access, "/me").await.status, StatusCode::OK);

    let path = format!("/sessions/{}", text(&early, "session_id"));
    assert_eq!(second.delete_as(&late_access, &path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(first.get_as(&early_access, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(first.refresh(&text(&early, "refresh_token")).await.status, StatusCode::UNAUTHORIZED);

    world.postgres().execute("UPDATE users SET status = 'disabled'");
    for client in [&first, &second] {
        assert_eq!(client.get_as(&late_access, "/me").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(client.get_as(&late_access, "/sessions").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(client.refresh(&text(&late, "refresh_token")).await.status, StatusCode::UNAUTHORIZED);
    }
}
