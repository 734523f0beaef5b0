//! Passwords set anew and changes taken back, over HTTP.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Answer, Client, PASSWORD, mailed, text, texted, wrong},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const NEW_EMAIL: &str = "ada@example.org";
const PHONE: &str = "+14155552671";
const NEW_PASSWORD: &str = "brass-heron-4-paper-moon";

/// The code in the newest mail to the address that sets a new password and is none of those.
pub(crate) async fn reset_code(world: &World, email: &str, before: &[String]) -> String {
    let is_it = |mail: &doorward_testkit::smtp_sink::Mail| {
        let is_new = mail.code().is_some_and(|code| !before.contains(&code));
        mail.to.iter().any(|to| to == email) && mail.subject.contains("new password") && is_new
    };
    world.mail.wait_for_mail(is_it).await.code().unwrap()
}

/// The key in the newest mail to the address that has one.
pub(crate) async fn undo_key(world: &World, email: &str) -> String {
    let key = |text: &str| text.split_whitespace().find(|word| word.starts_with("un_")).map(str::to_owned);
    let mail = world.mail.wait_for_mail(|mail| mail.to.iter().any(|to| to == email) && key(&mail.text).is_some()).await;
    key(&mail.text).unwrap()
}

async fn forgot(client: &Client, email: &str) -> Answer {
    client.post("/forgot_password", &json!({ "email": email })).await
}

async fn reset(client: &Client, flow: &str, otp: &str, password: &str) -> Answer {
    let body = json!({ "flow_token": flow, "otp": otp, "new_password": password });
    client.post("/reset_password", &body).await
}

async fn a_reset(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let flow = client.login(PHONE, None).await;
    let other = client.enter(&flow, &texted(&world, PHONE, 2).await).await.body;
    let pending = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    let pending = (text(&pending.body, "flow_token"), texted(&world, PHONE, 3).await);

    let started = forgot(&client, EMAIL).await;
    assert_eq!((started.status, &started.body["next"]), (StatusCode::ACCEPTED, &json!("reset_password")));
    let flow = text(&started.body, "flow_token");
    let code = reset_code(&world, EMAIL, &[]).await;
    let refused = reset(&client, &flow, &wrong(&code), "password").await;
    assert_eq!(
        (refused.status, &refused.body["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("new_password"))
    );
    let denied = reset(&client, &flow, &wrong(&code), NEW_PASSWORD).await;
    assert_eq!((denied.status, &denied.body["attempts_left"]), (StatusCode::UNAUTHORIZED, &json!(4)));
    let done = reset(&client, &flow, &code, NEW_PASSWORD).await;

    assert_eq!((done.status, &done.body), (StatusCode::OK, &json!({})));
    for session in [&tokens, &other] {
        assert_eq!(client.get_as(&text(session, "access_token"), "/me").await.status, StatusCode::UNAUTHORIZED);
        let refresh = json!({ "refresh_token": session["refresh_token"] });
        assert_eq!(client.post("/token/refresh", &refresh).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(client.enter(&pending.0, &pending.1).await.status, StatusCode::GONE);
    assert_eq!(reset(&client, &flow, &code, PASSWORD).await.status, StatusCode::GONE);
    let old = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let new = client.post("/login", &json!({ "email": EMAIL, "password": NEW_PASSWORD })).await;
    assert_eq!(new.status, StatusCode::ACCEPTED);
    world.mail.wait_for_mail(|mail| mail.subject.contains("A new password was set")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_code_sets_a_new_password_on_sqlite() {
    a_reset(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_code_sets_a_new_password_on_postgres() {
    a_reset(Engine::Postgres).await;
}

/// Strangers have used up the one SMS of the number, so that only a known device gets another.
async fn a_device_of_before(engine: Engine) {
    let world = World::new(engine).await.with("limits.sms", "2/1h");
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let device = text(&client.member(&world, EMAIL, PHONE).await, "device_token");
    let start = json!({ "phone_number": PHONE, "carrier": "token", "device_token": device });
    client.login(PHONE, None).await;
    texted(&world, PHONE, 2).await;
    let known = client.post("/login", &start).await;
    let code = texted(&world, PHONE, 3).await;
    let flow = text(&forgot(&client, EMAIL).await.body, "flow_token");
    let otp = reset_code(&world, EMAIL, &[]).await;
    assert_eq!(reset(&client, &flow, &otp, NEW_PASSWORD).await.status, StatusCode::OK);
    assert_eq!(client.enter(&text(&known.body, "flow_token"), &code).await.status, StatusCode::GONE);

    let unknown = client.post("/login", &start).await;

    assert_eq!(unknown.status, StatusCode::ACCEPTED, "{unknown:?}");
    // Somebody else's SMS, for which this one's would have gone out before.
    client.member(&world, "ben@example.com", "+14155552672").await;
    assert_eq!(world.sms.messages_to(PHONE).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_token_from_before_a_reset_counts_as_a_stranger_on_sqlite() {
    a_device_of_before(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_token_from_before_a_reset_counts_as_a_stranger_on_postgres() {
    a_device_of_before(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_from_a_forgotten_password_who_has_an_account() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    client.register("unverified@example.com", "+14155552672").await;
    let shape = |answer: &Answer| {
        let mut body = answer.body.clone();
        for member in ["flow_token", "expires_at", "resend_at", "destination"] {
            assert!(body.as_object_mut().unwrap().remove(member).is_some_and(|value| value.is_string()));
        }
        (answer.status, body)
    };

    let known = forgot(&client, EMAIL).await;
    for email in ["nobody@example.com", "unverified@example.com"] {
        let other = forgot(&client, email).await;
        assert_eq!(shape(&other), shape(&known));
        let denied = reset(&client, &text(&other.body, "flow_token"), "000000", NEW_PASSWORD).await;
        assert_eq!((denied.status, &denied.body["attempts_left"]), (StatusCode::UNAUTHORIZED, &json!(4)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_several_resets_counts_and_no_host_header_matters() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;

    let older = text(&forgot(&client, EMAIL).await.body, "flow_token");
    let old_code = reset_code(&world, EMAIL, &[]).await;
    let newest = text(&forgot(&client, EMAIL).await.body, "flow_token");
    let code = reset_code(&world, EMAIL, std::slice::from_ref(&old_code)).await;

    for token in [&newest[..newest.len() - 1], &format!("{newest}A"), &newest.to_uppercase()] {
        assert_eq!(reset(&client, token, &code, NEW_PASSWORD).await.status, StatusCode::GONE, "{token}");
    }
    assert_eq!(reset(&client, &older, &old_code, NEW_PASSWORD).await.status, StatusCode::OK);
    assert_eq!(reset(&client, &newest, &code, PASSWORD).await.status, StatusCode::GONE);
    assert!(world.mail.mails().iter().all(|mail| !mail.raw.contains("://")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_closes_logins_resets_and_other_sessions() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let flow = client.login(PHONE, None).await;
    let other = client.enter(&flow, &texted(&world, PHONE, 2).await).await.body;
    let login = (client.login(PHONE, None).await, texted(&world, PHONE, 3).await);
    let forgotten = text(&forgot(&client, EMAIL).await.body, "flow_token");
    let code = reset_code(&world, EMAIL, &[]).await;

    let change = |password: &str| json!({ "password": password, "new_password": NEW_PASSWORD });
    let denied = client.post_as(&access, "/update", &change("not the password")).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert_eq!(client.get_as(&text(&other, "access_token"), "/me").await.status, StatusCode::OK);
    assert_eq!(client.post_as(&access, "/update", &change(PASSWORD)).await.status, StatusCode::OK);

    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::OK);
    assert_eq!(client.get_as(&text(&other, "access_token"), "/me").await.status, StatusCode::UNAUTHORIZED);
    let refresh = json!({ "refresh_token": other["refresh_token"] });
    assert_eq!(client.post("/token/refresh", &refresh).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.enter(&login.0, &login.1).await.status, StatusCode::GONE);
    assert_eq!(reset(&client, &forgotten, &code, "another-passphrase-7").await.status, StatusCode::GONE);
}

async fn an_undo(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let change = json!({ "password": PASSWORD, "email": NEW_EMAIL });
    let flow = text(&client.post_as(&access, "/update", &change).await.body, "flow_token");
    let login = |email: &str| json!({ "email": email, "password": PASSWORD });
    assert_eq!(client.post("/login", &login(EMAIL)).await.status, StatusCode::ACCEPTED);
    assert_eq!(client.post("/login", &login(NEW_EMAIL)).await.status, StatusCode::UNAUTHORIZED);
    let changed = client.verify_email(&flow, &mailed(&world, NEW_EMAIL).await).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(client.post("/login", &login(EMAIL)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.post("/login", &login(NEW_EMAIL)).await.status, StatusCode::ACCEPTED);

    let token = undo_key(&world, EMAIL).await;
    let forged = json!({ "token": format!("{token}A") });
    assert_eq!(client.post("/undo_change", &forged).await.status, StatusCode::GONE);
    let pasted = json!({ "token": format!(" {token}\r\n") });
    let undone = client.post("/undo_change", &pasted).await;

    assert_eq!((undone.status, &undone.body), (StatusCode::OK, &json!({})));
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.post("/login", &login(EMAIL)).await.status, StatusCode::ACCEPTED);
    assert_eq!(client.post("/login", &login(NEW_EMAIL)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.post("/undo_change", &json!({ "token": token })).await.status, StatusCode::GONE);
    for to in [EMAIL, NEW_EMAIL] {
        let is_told = |mail: &doorward_testkit::smtp_sink::Mail| {
            mail.to.iter().any(|one| one == to) && mail.subject.contains("undone")
        };
        world.mail.wait_for_mail(is_told).await;
    }
    let dump = world.dump();
    assert!(!dump.contains(&token) && !dump.contains(token.trim_start_matches("un_")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_address_takes_a_change_back_on_sqlite() {
    an_undo(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_address_takes_a_change_back_on_postgres() {
    an_undo(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_cannot_be_told_from_a_free_one_even_after_a_new_password() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    let access = text(&client.member(&world, "eve@example.com", "+14155552672").await, "access_token");
    let mut flows = Vec::new();
    for email in [EMAIL, "free@example.com"] {
        let change = json!({ "password": PASSWORD, "email": email });
        flows.push(text(&client.post_as(&access, "/update", &change).await.body, "flow_token"));
    }

    let change = json!({ "password": PASSWORD, "new_password": NEW_PASSWORD });
    client.post_as(&access, "/update", &change).await;

    for flow in flows {
        assert_eq!(client.verify_email(&flow, "000000").await.status, StatusCode::GONE);
    }
}
