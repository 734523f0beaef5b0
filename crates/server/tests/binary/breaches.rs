//! New passwords are looked up in breaches by five digits of their digest, and never at a login.

use doorward_testkit::range_stub::RangeStub;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Answer, Client, PASSWORD, text},
    doorward::{Engine, World},
    recoveries::reset_code,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const BREACHED: &str = "copper-lantern-7-harbour";
/// Its SHA-1.
const DIGEST: &str = "D0860DF831ADBF9A57FC66FF809D40C98EB3AB1E";
const NEW: &str = "brass-heron-4-paper-moon";

fn is_refused(answer: &Answer, field: &str) -> bool {
    let error = &answer.body["errors"][0];
    answer.status == StatusCode::UNPROCESSABLE_ENTITY
        && (&error["field"], &error["code"]) == (&json!(field), &json!("password_breached"))
}

async fn register(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": email, "phone_number": PHONE, "password": password,
    });
    client.post("/register", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breached_password_is_refused_wherever_one_is_set_and_not_looked_up_at_a_login() {
    let stub = RangeStub::start().await;
    stub.breach(DIGEST);
    let world = World::new(Engine::Sqlite).await.with("password.breach_url", &stub.url());
    let doorward = world.serve().await;
    let client = Client::of(&doorward);

    assert!(is_refused(&register(&client, EMAIL, BREACHED).await, "password"));
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let update = |new: &str| json!({ "password": PASSWORD, "new_password": new });
    assert!(is_refused(&client.post_as(&access, "/update", &update(BREACHED)).await, "new_password"));
    let asked = client.post("/forgot_password", &json!({ "email": EMAIL })).await;
    let flow = text(&asked.body, "flow_token");
    let code = reset_code(&world, EMAIL, &[]).await;
    let reset = |new: &str| json!({ "flow_token": flow, "otp": code, "new_password": new });
    assert!(is_refused(&client.post("/reset_password", &reset(BREACHED)).await, "new_password"));
    assert_eq!(client.post("/reset_password", &reset(NEW)).await.status, StatusCode::OK);
    let looked_up = stub.requests();
    for password in [NEW, BREACHED] {
        client.post("/login", &json!({ "email": EMAIL, "password": password })).await;
    }

    assert_eq!((looked_up.len(), stub.requests().len()), (5, 5));
    let told = looked_up.concat();
    assert!(told.contains("GET /range/D0860 HTTP/1.1\r\n") && !told.contains(&DIGEST[5..10]), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_keeps_nobody_out_and_is_told_of_once() {
    let stub = RangeStub::start().await;
    stub.breach(DIGEST);
    stub.fall_silent();
    let world = World::new(Engine::Sqlite).await.with("password.breach_url", &stub.url());
    let world = world.with("password.breach_timeout", "1s");
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);

    for email in [EMAIL, "grace@example.com"] {
        assert_eq!(register(&client, email, BREACHED).await.status, StatusCode::ACCEPTED);
    }

    assert!(doorward.terminate());
    // The last line comes after all others, however late this process reads them.
    while !doorward.log().contains("stopped") {
        tokio::task::yield_now().await;
    }
    let log = doorward.log();
    assert_eq!(log.matches("without a look-up in breaches").count(), 1, "{log}");
    assert!(!log.contains(BREACHED) && !log.contains(&DIGEST[..5]), "{log}");
}
