//! Logins that start with the password, over HTTP.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    client::{Answer, Client, PASSWORD, text, texted, wrong},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// The answer without what differs by chance.
fn shape(answer: &Answer) -> (StatusCode, Value) {
    let mut body = answer.body.clone();
    for member in ["request_id", "flow_token", "expires_at", "resend_at", "destination"] {
        body.as_object_mut().unwrap().remove(member);
    }
    (answer.status, body)
}

async fn password_and_sms(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;

    let started = client.post("/login", &json!({ "email": EMAIL })).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{started:?}");
    assert_eq!((&started.body["next"], &started.body["channel"]), (&json!("login"), &json!("password")));
    let flow = text(&started.body, "flow_token");
    let denied = client.post("/login", &json!({ "password": "not the password", "flow_token": flow })).await;
    assert_eq!((denied.status, &denied.body["attempts_left"]), (StatusCode::UNAUTHORIZED, &json!(4)));
    let next = client.post("/login", &json!({ "password": PASSWORD, "flow_token": flow })).await;
    assert_eq!(next.status, StatusCode::ACCEPTED, "{next:?}");
    assert_eq!((&next.body["channel"], &next.body["destination"]), (&json!("sms"), &json!("***71")));
    let flow = text(&next.body, "flow_token");
    let tokens = client.enter(&flow, &texted(&world, PHONE, 2).await).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");

    let claims = claims_of(&text(&tokens.body, "access_token"));
    assert_eq!((&claims["acr"], &claims["amr"]), (&json!("aal2"), &json!(["pwd", "sms", "mfa"])));
    let both = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!((both.status, &both.body["next"]), (StatusCode::ACCEPTED, &json!("otp_verification")));
    let by_number = client.post("/login", &json!({ "phone_number": PHONE, "password": PASSWORD })).await;
    assert_eq!(shape(&by_number), shape(&both));
}

/// Decodes the claims of an access token.
fn claims_of(token: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn password_and_sms_log_in_on_sqlite() {
    password_and_sms(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn password_and_sms_log_in_on_postgres() {
    password_and_sms(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_from_a_denied_password_who_has_an_account() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    client.register("unverified@example.com", "+14155552672").await;

    let starts = [json!({ "email": EMAIL }), json!({ "email": "nobody@example.com" })];
    let [known, unknown] = [client.post("/login", &starts[0]).await, client.post("/login", &starts[1]).await];
    assert_eq!(shape(&known), shape(&unknown));
    let mut answers = Vec::new();
    for body in [
        json!({ "email": EMAIL, "password": "not the password" }),
        json!({ "email": "nobody@example.com", "password": PASSWORD }),
        json!({ "email": "unverified@example.com", "password": PASSWORD }),
        json!({ "phone_number": PHONE, "password": "not the password" }),
        json!({ "phone_number": "+14155559999", "password": PASSWORD }),
    ] {
        answers.push(shape(&client.post("/login", &body).await));
    }

    assert_eq!((answers[0].0, &answers[0].1["code"]), (StatusCode::UNAUTHORIZED, &json!("credentials_incorrect")));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_step_is_no_session() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;

    let step = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    let flow = text(&step.body, "flow_token");

    assert!(step.body["access_token"].is_null() && step.body["refresh_token"].is_null());
    for token in [flow.as_str(), flow.trim_start_matches("fl_")] {
        assert_eq!(client.get_as(token, "/me").await.status, StatusCode::UNAUTHORIZED);
        let refresh = client.post("/token/refresh", &json!({ "refresh_token": token })).await;
        assert_eq!(refresh.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(world.dump().matches("session.opened").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_alone_logs_in_where_the_operator_allows_it() {
    let world = World::new(Engine::Sqlite).await.with("password.single_factor", "true");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;

    let body = json!({ "email": EMAIL, "password": PASSWORD, "carrier": "token" });
    let tokens = client.post("/login", &body).await;

    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    let access = text(&tokens.body, "access_token");
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
    assert!(tokens.body["refresh_token"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_says_what_it_lacks() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);

    for (body, status) in [
        (json!({}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "email": EMAIL, "phone_number": PHONE }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "password": PASSWORD }), StatusCode::BAD_REQUEST),
        (json!({ "password": PASSWORD, "flow_token": "fl_x" }), StatusCode::GONE),
    ] {
        let answer = client.post("/login", &body).await;
        assert_eq!(answer.status, status, "{body} {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_has_nothing_to_send_for_a_password() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let flow = text(&client.post("/login", &json!({ "email": EMAIL })).await.body, "flow_token");

    let resent = client.post("/resend_otp", &json!({ "flow_token": flow })).await;

    assert_eq!(resent.status, StatusCode::GONE);
}

/// Logins at once: more than twice what the queue of the hasher holds.
const LOGINS: usize = 500;

#[tokio::test(flavor = "multi_thread")]
async fn under_more_logins_than_can_be_hashed_the_service_stays_up_and_says_when_to_come_again() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;

    let mut logins = JoinSet::new();
    for n in 0..LOGINS {
        let client = client.clone();
        let email = if n % 2 == 0 { EMAIL.to_owned() } else { format!("nobody{n}@example.com") };
        let password = if n % 4 == 0 { PASSWORD } else { "not the password" };
        logins.spawn(async move { client.post("/login", &json!({ "email": email, "password": password })).await });
    }
    let mut answers = Vec::new();
    let livez = format!("{}/livez", doorward.ops());
    while let Some(answer) = logins.join_next().await {
        answers.push(answer.unwrap());
        if answers.len() % 25 == 1 {
            assert_eq!(client.get(&livez).await, StatusCode::OK);
        }
    }

    for answer in &answers {
        match answer.status {
            StatusCode::ACCEPTED => assert_eq!(answer.body["next"], json!("otp_verification")),
            StatusCode::UNAUTHORIZED => assert_eq!(answer.body["code"], json!("credentials_incorrect")),
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!((1..=5).contains(&answer.body["retry_after"].as_u64().unwrap()), "{answer:?}");
            }
            _ => panic!("{answer:?}"),
        }
    }
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert!(count(StatusCode::UNAUTHORIZED) > 0 && count(StatusCode::SERVICE_UNAVAILABLE) > 0);
    let after = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(after.status, StatusCode::ACCEPTED, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_is_tried_five_times() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    let step = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    let (flow, code) = (text(&step.body, "flow_token"), texted(&world, PHONE, 2).await);

    for left in (0..5).rev() {
        let denied = client.enter(&flow, &wrong(&code)).await;
        assert_eq!((denied.status, &denied.body["attempts_left"]), (StatusCode::UNAUTHORIZED, &json!(left)));
    }

    assert_eq!(client.enter(&flow, &code).await.status, StatusCode::GONE);
}
