//! Flows over HTTP: registration, login and change, by their owner and by strangers.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, PASSWORD, mailed, text, texted},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// The answer without what differs by chance.
fn shape(answer: &Answer) -> (StatusCode, Vec<(String, bool)>) {
    let members = answer.body.as_object().unwrap();
    (answer.status, members.iter().map(|(name, value)| (name.clone(), value.is_null())).collect())
}

fn registration(email: &str, phone: &str) -> Value {
    json!({ "first_name": "Ada", "last_name": "Lovelace", "email": email, "phone_number": phone, "password": PASSWORD })
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_tell_who_has_an_account() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;

    let taken = client.post("/register", &registration(EMAIL, "+14155552672")).await;
    let free = client.post("/register", &registration("new@example.com", "+14155552672")).await;
    let known = client.post("/login", &json!({ "phone_number": PHONE })).await;
    let unknown = client.post("/login", &json!({ "phone_number": "+14155559999" })).await;
    let unserved = client.post("/login", &json!({ "phone_number": "+447400123456" })).await;

    assert_eq!(shape(&taken), shape(&free));
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(shape(&known), shape(&unserved));
    for flow in [known, unknown] {
        let answer = client.enter(&text(&flow.body, "flow_token"), "000000").await;
        assert_eq!((answer.status, &answer.body["attempts_left"]), (StatusCode::UNAUTHORIZED, &json!(4)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_verified_elsewhere_asks_for_the_password() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let flow = client.register(EMAIL, PHONE).await;
    client.verify_email(&flow, &mailed(&world, EMAIL).await).await;

    let flow = client.login(PHONE, None).await;
    let step = client.enter(&flow, &texted(&world, PHONE, 1).await).await;

    assert_eq!(step.status, StatusCode::ACCEPTED);
    assert_eq!((&step.body["next"], &step.body["channel"]), (&json!("login"), &json!("password")));
    let flow = text(&step.body, "flow_token");
    let wrong = json!({ "email": EMAIL, "password": "not the password", "flow_token": flow });
    let denied = client.post("/login", &wrong).await;
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::UNAUTHORIZED, &json!("credentials_incorrect")));
    let right = json!({ "email": EMAIL, "password": PASSWORD, "flow_token": flow });
    let tokens = client.post("/login", &right).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    assert_eq!(tokens.body["user"]["phone_verified"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_named_at_once_and_none_is_a_500() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);

    let body = json!({
        "first_name": "http://evil.test", "last_name": 7, "email": "a@localhost", "phone_number": "+3715550000x",
        "password": "password", "is_admin": true,
    });
    let answer = client.post("/register", &body).await;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<_> = answer.body["errors"].as_array().unwrap().iter().map(|error| text(error, "field")).collect();
    for field in ["first_name", "last_name", "email", "phone_number", "password", "is_admin"] {
        assert!(fields.iter().any(|found| found == field), "{field} is missing in {fields:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_database_are_one_service() {
    let world = World::new(Engine::Postgres).await;
    let (one, two) = (world.serve().await, world.serve().await);
    let (first, second) = (Client::of(&one), Client::of(&two));
    let tokens = first.member(&world, EMAIL, PHONE).await;
    let access = text(&tokens, "access_token");

    assert_eq!(second.get_as(&access, "/me").await.status, StatusCode::OK);
    assert_eq!(second.post_as(&access, "/logout", &json!({})).await.status, StatusCode::NO_CONTENT);

    assert_eq!(first.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    assert_eq!(first.post("/token/refresh", &refresh).await.status, StatusCode::UNAUTHORIZED);
}

/// Where two factors are required, the password ends the login.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_lost_its_number_says_at_the_password_that_it_logs_in_to_another_account() {
    let world = World::new(Engine::Sqlite).await.with("session.require", "aal2");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let mut registered = Vec::new();
    for email in ["late@example.com", EMAIL] {
        let flow = client.register(email, PHONE).await;
        registered.push(text(&client.verify_email(&flow, &mailed(&world, email).await).await.body, "flow_token"));
    }
    let log_in = async |continued: &str, n: usize| {
        let flow = client.login(PHONE, Some(continued)).await;
        let step = client.enter(&flow, &texted(&world, PHONE, n).await).await;
        assert_eq!((step.status, &step.body["other_account"]), (StatusCode::ACCEPTED, &Value::Null), "{step:?}");
        let flow = text(&step.body, "flow_token");
        client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD, "flow_token": flow })).await
    };

    let first = log_in(&registered[1], 1).await;
    let late = log_in(&registered[0], 2).await;

    assert_eq!((first.status, &first.body["other_account"]), (StatusCode::OK, &Value::Null), "{first:?}");
    assert_eq!((late.status, &late.body["other_account"]), (StatusCode::OK, &json!(true)), "{late:?}");
    assert_eq!(late.body["user"]["id"], first.body["user"]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_lost_its_number_says_that_it_logs_in_to_another_account() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let flow = client.register("late@example.com", PHONE).await;
    let late = client.verify_email(&flow, &mailed(&world, "late@example.com").await).await;
    let first = client.member(&world, EMAIL, PHONE).await;
    assert_eq!(first["other_account"], Value::Null);

    let flow = client.login(PHONE, Some(&text(&late.body, "flow_token"))).await;
    let tokens = client.enter(&flow, &texted(&world, PHONE, 2).await).await;

    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    assert_ne!(tokens.body["user"]["id"], late.body["user"]["id"]);
    assert_eq!((&tokens.body["user"]["id"], &tokens.body["other_account"]), (&first["user"]["id"], &json!(true)));
}
