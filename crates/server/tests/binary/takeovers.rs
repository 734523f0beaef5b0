//! Somebody takes the number of an account over, or number and password, and its owner comes back.

use doorward_testkit::smtp_sink::Mail;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    bindings::{bind, binding},
    client::{Answer, Client, PASSWORD, mailed, text},
    doorward::{Doorward, Engine, World},
    recoveries::{reset_code, undo_key},
    totp::{App, claims, current_step},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// An account whose number somebody else receives from now on; gives the thief's access token.
async fn taken_number(engine: Engine) -> (World, Doorward, Client, String) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    let thief = text(&client.again(&world, PHONE, 2).await, "access_token");
    (world, doorward, client, thief)
}

/// Sets an authenticator app up and gives its first code, and what comes along.
pub(crate) async fn set_up(client: &Client, access: &str, also: &Value) -> (App, Answer) {
    let setup = client.post_as(access, "/totp", &json!({})).await;
    assert_eq!(setup.status, StatusCode::CREATED, "{setup:?}");
    let app = App::of(&text(&setup.body, "secret"));
    let mut body = also.clone();
    body["otp"] = json!(app.code(current_step() - 1));
    (app, client.post_as(access, "/totp/confirm", &body).await)
}

async fn factors(client: &Client, access: &str) -> Value {
    client.get_as(access, "/me").await.body["user"]["factors"].clone()
}

async fn an_app_of_a_thief(engine: Engine) {
    let (world, _doorward, client, thief) = taken_number(engine).await;

    let (_, pending) = set_up(&client, &thief, &json!({})).await;

    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");
    assert!(pending.body["pending_until"].is_string() && pending.body["recovery_codes"].is_null(), "{pending:?}");
    assert_eq!(factors(&client, &thief).await, json!(["password", "sms"]));
    world.mail.wait_for_mail(|mail| mail.subject.contains("authenticator app will be added")).await;
    let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(login.body["channel"], json!("sms"), "{login:?}");

    let key = undo_key(&world, EMAIL).await;
    assert_eq!(client.post("/undo_change", &json!({ "token": key })).await.status, StatusCode::OK);

    assert_eq!(client.get_as(&thief, "/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(client.post("/undo_change", &json!({ "token": key })).await.status, StatusCode::GONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_only_the_number_adds_an_app_after_the_hold_and_the_owner_objects_on_sqlite() {
    an_app_of_a_thief(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_only_the_number_adds_an_app_after_the_hold_and_the_owner_objects_on_postgres() {
    an_app_of_a_thief(Engine::Postgres).await;
}

async fn an_app_of_the_owner(engine: Engine) {
    let world = World::new(engine).await.with("recovery.hold", "0s");
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    let owner = text(&client.member(&world, EMAIL, PHONE).await, "access_token");

    let (app, pending) = set_up(&client, &owner, &json!({})).await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");

    assert!(doorward.terminate());
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    world.mail.wait_for_mail(|mail| mail.subject.contains("authenticator app was added")).await;
    assert_eq!(factors(&client, &owner).await, json!(["password", "sms", "totp"]));
    let asked = client.post_as(&owner, "/step_up", &json!({})).await;
    let code = app.code(current_step());
    let proof = json!({ "flow_token": asked.body["flow_token"], "otp": code });
    let renewed = client.post_as(&owner, "/otp_verification", &proof).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_nobody_objects_to_counts_after_the_hold_on_sqlite() {
    an_app_of_the_owner(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_nobody_objects_to_counts_after_the_hold_on_postgres() {
    an_app_of_the_owner(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_adds_an_app_at_once_and_a_wrong_one_adds_none() {
    let (_world, _doorward, client, owner) = taken_number(Engine::Sqlite).await;

    let (_, denied) = set_up(&client, &owner, &json!({ "password": "not the password" })).await;
    assert_eq!((denied.status, &denied.body["code"]), (StatusCode::FORBIDDEN, &json!("password_incorrect")));
    assert_eq!(factors(&client, &owner).await, json!(["password", "sms"]));
    let (_, added) = set_up(&client, &owner, &json!({ "password": PASSWORD })).await;

    assert_eq!(added.status, StatusCode::OK, "{added:?}");
    assert_eq!(added.body["recovery_codes"].as_array().map(Vec::len), Some(10));
}

async fn the_way_back(engine: Engine) {
    let (world, _doorward, client, thief) = taken_number(engine).await;
    let owner = binding(&world, &client).await;

    assert_eq!(client.delete_as(&thief, "/sessions").await.status, StatusCode::NO_CONTENT);
    let listed = client.get_as(&thief, "/sessions").await.body["sessions"].clone();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "the owner's session is not shown: {listed}");

    assert_eq!(bind(&world, &client, &owner).await.status, StatusCode::OK);
    let (_, pending) = set_up(&client, &owner, &json!({})).await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");
    world.mail.wait_for_mail(|mail| mail.subject.contains("factor will be replaced")).await;
    let (_, aside) = set_up(&client, &thief, &json!({})).await;
    assert_eq!(aside.status, StatusCode::CONFLICT, "{aside:?}");
    let change = json!({ "password": PASSWORD, "new_password": "brass-heron-4-paper-moon" });
    assert_eq!(client.post_as(&thief, "/update", &change).await.status, StatusCode::OK);

    let key = undo_key(&world, EMAIL).await;
    let undone = client.post("/undo_change", &json!({ "token": key })).await;
    assert_eq!(undone.status, StatusCode::OK, "the app was pending still: {undone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_number_and_password_cannot_end_the_owners_way_back_on_sqlite() {
    the_way_back(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_number_and_password_cannot_end_the_owners_way_back_on_postgres() {
    the_way_back(Engine::Postgres).await;
}

/// Number and password are the thief's: they bind an app first, and change the address then.
async fn all_at_once(engine: Engine) {
    let (world, _doorward, client, thief) = taken_number(engine).await;
    let (app, added) = set_up(&client, &thief, &json!({ "password": PASSWORD })).await;
    assert_eq!(added.status, StatusCode::OK, "{added:?}");
    let change = json!({ "password": PASSWORD, "email": "eve@example.org" });
    let asked = client.post_as(&thief, "/update", &change).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "the code of the app was a proof: {asked:?}");
    let code = mailed(&world, "eve@example.org").await;
    assert_eq!(client.verify_email(&text(&asked.body, "flow_token"), &code).await.status, StatusCode::OK);

    let told = |mail: &Mail| mail.subject.contains("address was changed") && mail.text.contains("un_");
    world.mail.wait_for_mail(told).await;
    let undone = client.post("/undo_change", &json!({ "token": undo_key(&world, EMAIL).await })).await;

    assert_eq!(undone.status, StatusCode::OK, "{undone:?}");
    assert_eq!(client.get_as(&thief, "/me").await.status, StatusCode::UNAUTHORIZED);
    let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!((login.status, &login.body["channel"]), (StatusCode::ACCEPTED, &json!("sms")), "{login:?}");
    let denied = client.enter(&text(&login.body, "flow_token"), &app.code(current_step())).await;
    assert_eq!(denied.status, StatusCode::UNAUTHORIZED, "{denied:?}");
    let reset = client.post("/forgot_password", &json!({ "email": EMAIL })).await;
    let code = reset_code(&world, EMAIL, &[]).await;
    let new =
        json!({ "flow_token": reset.body["flow_token"], "otp": code, "new_password": "brass-heron-4-paper-moon" });
    let set = client.post("/reset_password", &new).await;
    assert_eq!((set.status, &set.body), (StatusCode::OK, &json!({})));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_the_app_along_that_was_bound_before_on_sqlite() {
    all_at_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_takes_the_app_along_that_was_bound_before_on_postgres() {
    all_at_once(Engine::Postgres).await;
}

async fn an_added_app(engine: Engine) {
    let (world, _doorward, client, thief) = taken_number(engine).await;
    set_up(&client, &thief, &json!({ "password": PASSWORD })).await;

    let key = undo_key(&world, EMAIL).await;
    assert_eq!(client.post("/undo_change", &json!({ "token": key })).await.status, StatusCode::OK);

    assert_eq!(client.get_as(&thief, "/me").await.status, StatusCode::UNAUTHORIZED);
    let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    assert_eq!(login.body["channel"], json!("sms"), "{login:?}");
    assert_eq!(client.post("/undo_change", &json!({ "token": key })).await.status, StatusCode::GONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_of_an_added_app_undoes_it_on_sqlite() {
    an_added_app(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_of_an_added_app_undoes_it_on_postgres() {
    an_added_app(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_session_that_may_only_bind_ends_it_and_its_token_is_for_the_service_itself() {
    let world = World::new(Engine::Sqlite).await.with("http.base_path", "/auth");
    let doorward = world.serve().await;
    let client = Client::at(format!("{}/auth", doorward.url()));
    client.member(&world, EMAIL, PHONE).await;
    let binding = binding(&world, &client).await;
    assert_eq!(claims(&json!({ "access_token": binding }))["aud"], json!("http://localhost:8080/auth/binding"));
    world.mail.wait_for_mail(|mail| mail.subject.contains("new way in is being set up")).await;

    let key = undo_key(&world, EMAIL).await;
    assert_eq!(client.post("/undo_change", &json!({ "token": key })).await.status, StatusCode::OK);

    assert_eq!(client.post_as(&binding, "/totp", &json!({})).await.status, StatusCode::UNAUTHORIZED);
}

/// Password and mailbox are the thief's, who asks for an app first; the owner confirms one meanwhile.
async fn a_later_app(engine: Engine) {
    let world = World::new(engine).await.with("recovery.hold", "0s");
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    let owner = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let thief = binding(&world, &client).await;
    let (_, pending) = set_up(&client, &thief, &json!({})).await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");
    let (app, added) = set_up(&client, &owner, &json!({ "password": PASSWORD })).await;
    assert_eq!(added.status, StatusCode::OK, "{added:?}");
    // Theirs counts at the next start: it shows when what is due has been looked at.
    let other = text(&client.member(&world, "eve@example.org", "+14155552674").await, "access_token");
    assert_eq!(set_up(&client, &other, &json!({})).await.1.status, StatusCode::ACCEPTED);

    assert!(doorward.terminate());
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let is_theirs = |mail: &Mail| {
        mail.to.iter().any(|to| to == "eve@example.org") && mail.subject.contains("authenticator app was added")
    };
    world.mail.wait_for_mail(is_theirs).await;

    assert_eq!(factors(&client, &owner).await, json!(["password", "sms", "totp"]));
    let asked = client.post_as(&owner, "/step_up", &json!({})).await;
    let proof = json!({ "flow_token": asked.body["flow_token"], "otp": app.code(current_step()) });
    assert_eq!(client.post_as(&owner, "/otp_verification", &proof).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_the_owner_confirms_is_not_replaced_by_one_begun_before_on_sqlite() {
    a_later_app(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_the_owner_confirms_is_not_replaced_by_one_begun_before_on_postgres() {
    a_later_app(Engine::Postgres).await;
}

/// Password and mailbox are the thief's, who binds and logs out.
async fn a_session_that_was_logged_out(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let owner = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let thief = binding(&world, &client).await;
    let key = undo_key(&world, EMAIL).await;
    let (_, pending) = set_up(&client, &thief, &json!({})).await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");
    world.mail.wait_for_mail(|mail| mail.subject.contains("factor will be replaced")).await;
    let of_app = undo_key(&world, EMAIL).await;
    assert_ne!(of_app, key);
    assert_eq!(client.post_as(&thief, "/logout", &json!({})).await.status, StatusCode::NO_CONTENT);

    let undone = client.post("/undo_change", &json!({ "token": key })).await;

    assert_eq!(undone.status, StatusCode::OK, "{undone:?}");
    assert_eq!(client.get_as(&owner, "/me").await.status, StatusCode::UNAUTHORIZED);
    for spent in [key, of_app] {
        let again = client.post("/undo_change", &json!({ "token": spent })).await;
        assert_eq!(again.status, StatusCode::GONE, "nothing is pending any more: {again:?}");
    }
    world.mail.wait_for_mail(|mail| mail.subject.contains("No new way in was set up")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_session_that_may_only_bind_outlives_its_logout_on_sqlite() {
    a_session_that_was_logged_out(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_session_that_may_only_bind_outlives_its_logout_on_postgres() {
    a_session_that_was_logged_out(Engine::Postgres).await;
}
