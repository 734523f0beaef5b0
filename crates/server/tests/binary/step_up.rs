//! Changes that ask for a fresh verification.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, PASSWORD, mailed, text, texted, wrong},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// Lets all verifications grow old.
fn an_hour_passes(world: &World) {
    world.postgres().execute("UPDATE sessions SET created_at = created_at - interval '1 hour'");
}

async fn change_email(client: &Client, access: &str, password: &str) -> Answer {
    client.post_as(access, "/update", &json!({ "password": password, "email": "new@example.com" })).await
}

fn told(answer: &Answer) -> (StatusCode, Value) {
    (answer.status, answer.body["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn address_and_number_ask_for_a_fresh_proof_and_other_changes_do_not() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    an_hour_passes(&world);
    // A renewal is no verification.
    let tokens = client.refresh(&text(&tokens, "refresh_token")).await.body;
    let access = text(&tokens, "access_token");
    let required = (StatusCode::FORBIDDEN, json!("step_up_required"));

    let faulty = client.post_as(&access, "/update", &json!({ "password": PASSWORD, "email": "nobody" })).await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told(&change_email(&client, &access, PASSWORD).await), required);
    assert_eq!(told(&change_email(&client, &access, "wrong password").await), required);
    let number = json!({ "password": PASSWORD, "phone_number": "+14155552679", "first_name": "Augusta" });
    assert_eq!(told(&client.post_as(&access, "/update_details", &number).await), required);
    let me = client.get_as(&access, "/me").await.body;
    assert_eq!((&me["user"]["first_name"], &me["user"]["email"]), (&json!("Ada"), &json!(EMAIL)));

    let name = json!({ "password": PASSWORD, "first_name": "Augusta" });
    assert_eq!(client.post_as(&access, "/update_details", &name).await.status, StatusCode::OK);
    let password = json!({ "password": PASSWORD, "new_password": "amber-heron-4-memory_buckets-moss" });
    assert_eq!(client.post_as(&access, "/update", &password).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_proof_renews_the_session_and_opens_the_way() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let elsewhere = text(&client.again(&world, PHONE, 2).await, "access_token");
    an_hour_passes(&world);
    let access = text(&tokens, "access_token");

    let flow = client.post_as(&access, "/step_up", &json!({ "carrier": "token" })).await;
    assert_eq!(flow.status, StatusCode::ACCEPTED, "{flow:?}");
    assert_eq!((&flow.body["next"], &flow.body["channel"]), (&json!("otp_verification"), &json!("sms")));
    assert_eq!(flow.body["destination"], json!("+1***71"));
    let code = texted(&world, PHONE, 3).await;
    let proof = |otp: &str| json!({ "flow_token": flow.body["flow_token"], "otp": otp });
    let closed = (StatusCode::GONE, json!("flow_closed"));
    assert_eq!(told(&client.post("/otp_verification", &proof(&code)).await), closed);
    assert_eq!(told(&client.post_as(&elsewhere, "/otp_verification", &proof(&code)).await), closed);
    assert_eq!(told(&client.post_as("nonsense", "/otp_verification", &proof(&code)).await), closed);
    let denied = client.post_as(&access, "/otp_verification", &proof(&wrong(&code))).await;
    assert_eq!((denied.status, &denied.body["attempts_left"]), (StatusCode::UNAUTHORIZED, &json!(4)));
    let verified = client.post_as(&access, "/otp_verification", &proof(&code)).await;

    assert_eq!(verified.status, StatusCode::OK, "{verified:?}");
    assert_eq!(verified.body["session_id"], tokens["session_id"]);
    assert_ne!(verified.body["refresh_token"], tokens["refresh_token"]);
    assert_eq!(told(&client.post_as(&access, "/otp_verification", &proof(&code)).await), closed);
    let access = text(&verified.body, "access_token");
    assert_eq!(change_email(&client, &access, PASSWORD).await.status, StatusCode::ACCEPTED);
    assert_eq!(told(&change_email(&client, &elsewhere, PASSWORD).await).0, StatusCode::FORBIDDEN);
    assert_eq!(client.refresh(&text(&verified.body, "refresh_token")).await.status, StatusCode::OK);
    // By now the token from before the verification is two generations old.
    assert_eq!(client.refresh(&text(&tokens, "refresh_token")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_lost_its_number_changes_by_its_password() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let access = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    an_hour_passes(&world);
    world.postgres().execute("UPDATE users SET phone = NULL, phone_verified_at = NULL");

    let nothing = client.post_as(&access, "/step_up", &json!({})).await;
    let denied = change_email(&client, &access, "wrong password").await;
    let asked = change_email(&client, &access, PASSWORD).await;

    assert_eq!(told(&nothing), (StatusCode::CONFLICT, json!("conflict")));
    assert_eq!(told(&denied), (StatusCode::FORBIDDEN, json!("password_incorrect")));
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    mailed(&world, "new@example.com").await;
}
