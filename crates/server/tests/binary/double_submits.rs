//! The same submit many times at once, and answers that come late.

use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    browser::Browser,
    client::{Answer, Client, PASSWORD, mailed, text, texted},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const FLOW: &str = "doorward_flow";

/// Makes the same call 64 times at the same moment.
async fn at_once(client: &Client, path: &str, body: &Value) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(64));
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let (client, path, body, start) = (client.clone(), path.to_owned(), body.clone(), start.clone());
        calls.spawn(async move {
            start.wait().await;
            loop {
                let answer = client.post(&path, &body).await;
                // No more passwords wait for a core than it is worth waiting for.
                if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                    return answer;
                }
            }
        });
    }
    calls.join_all().await
}

/// All of them answered as one.
fn one(answers: Vec<Answer>, status: StatusCode) -> Value {
    let mut answers = answers.into_iter();
    let first = answers.next().unwrap();
    assert_eq!(first.status, status, "{first:?}");
    for answer in answers {
        assert_eq!(answer, first);
    }
    first.body
}

async fn all_get_one_answer(engine: Engine) {
    let world = World::new(engine).await;
    let node = world.serve().await;
    let client = Client::of(&node);
    let flow = client.register(EMAIL, PHONE).await;
    let code = json!({ "flow_token": flow, "otp": mailed(&world, EMAIL).await });

    let registered = one(at_once(&client, "/verify_email", &code).await, StatusCode::CREATED);

    let flow = client.login(PHONE, Some(&text(&registered, "flow_token"))).await;
    assert_eq!(client.enter(&flow, &texted(&world, PHONE, 1).await).await.status, StatusCode::OK);
    let flow = client.post("/login", &json!({ "email": EMAIL })).await;
    let password = json!({ "flow_token": flow.body["flow_token"], "password": PASSWORD });

    let second = one(at_once(&client, "/login", &password).await, StatusCode::ACCEPTED);

    let code = texted(&world, PHONE, 2).await;
    assert_eq!(client.enter(&text(&second, "flow_token"), &code).await.status, StatusCode::OK);
    assert_eq!(world.sms.messages().len(), 2, "one code by SMS for 64 submits");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_submits_at_once_all_get_one_answer_on_postgres() {
    all_get_one_answer(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_submits_at_once_all_get_one_answer_on_sqlite() {
    all_get_one_answer(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_whose_first_answer_is_lost_goes_on() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let mut browser = Browser::of(&node);
    let details = json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": EMAIL, "phone_number": PHONE, "password": PASSWORD,
    });
    browser.post("/register", &details).await;
    let code = json!({ "otp": mailed(&world, EMAIL).await });

    let before = browser.jar.clone();
    let lost = browser.post("/verify_email", &code).await;
    browser.jar = before;
    let again = browser.post("/verify_email", &code).await;

    assert_eq!((lost.status, &lost.body), (StatusCode::CREATED, &again.body));
    assert_eq!(lost.set_cookies, again.set_cookies);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    let page = browser.post("/otp_verification", &json!({ "otp": texted(&world, PHONE, 1).await })).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_that_a_flow_is_closed_takes_no_cookie() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let mut browser = Browser::of(&node);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    let stale = browser.jar[FLOW].clone();
    let code = json!({ "otp": texted(&world, PHONE, 2).await });
    assert_eq!(browser.post("/otp_verification", &code).await.status, StatusCode::OK);
    assert!(!browser.jar.contains_key(FLOW), "the end of a flow takes its own cookie");

    browser.jar.insert(FLOW.to_owned(), stale);
    for (path, body) in [
        ("/otp_verification", &code),
        ("/verify_email", &code),
        ("/resend_otp", &json!({})),
        ("/login", &json!({ "password": PASSWORD })),
        ("/reset_password", &json!({ "otp": "123456", "new_password": PASSWORD })),
    ] {
        let page = browser.post(path, body).await;
        assert_eq!((page.status, page.set_cookies), (StatusCode::GONE, vec![]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_ignores_cookies_of_flows_that_are_over_and_replaces_them() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let mut browser = Browser::of(&node);
    browser.jar.insert(FLOW.to_owned(), format!("fl_stale; {FLOW}=fl_another"));
    let details = json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": EMAIL, "phone_number": PHONE, "password": PASSWORD,
    });
    for (path, body) in [
        ("/login", json!({ "phone_number": PHONE })),
        ("/login", json!({ "email": EMAIL })),
        ("/register", details),
        ("/forgot_password", json!({ "email": EMAIL })),
    ] {
        let stale = browser.jar.clone();
        let mut browser = Browser::of(&node);
        browser.jar = stale;
        let page = browser.post(path, &body).await;
        assert_eq!(page.status, StatusCode::ACCEPTED, "{path}: {page:?}");
        assert_eq!(browser.jar[FLOW], text(&page.body, "flow_token"), "{path}");
    }

    let by_token = browser.post("/login", &json!({ "phone_number": PHONE, "carrier": "token" })).await;
    assert_eq!(by_token.status, StatusCode::ACCEPTED);
    assert!(browser.jar.is_empty(), "they would make the next call ambiguous");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_by_token_leaves_the_cookie_of_an_open_flow_alone() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let mut browser = Browser::of(&node);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    let open = browser.jar.clone();

    let by_token = browser.post("/login", &json!({ "email": EMAIL, "carrier": "token" })).await;

    assert_eq!((by_token.status, by_token.set_cookies), (StatusCode::ACCEPTED, vec![]));
    assert_eq!(browser.jar, open);
}
