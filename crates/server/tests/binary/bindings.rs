//! The way back for who has lost the number, over HTTP.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, PASSWORD, text, texted},
    doorward::{Engine, World},
    recoveries::undo_key,
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const NEW_PHONE: &str = "+14155552673";

/// The access token of a session that may only bind.
pub(crate) async fn binding(world: &World, client: &Client) -> String {
    let login = client.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    let resend = json!({ "flow_token": login.body["flow_token"], "channel": "email" });
    let asked = client.post("/resend_otp", &resend).await;
    assert_eq!((asked.status, &asked.body["next"]), (StatusCode::ACCEPTED, &json!("verify_email")), "{asked:?}");
    assert_eq!(asked.body["destination"], json!("***"));
    let is_it = |mail: &doorward_testkit::smtp_sink::Mail| mail.subject.contains("new way in") && mail.code().is_some();
    let code = world.mail.wait_for_mail(is_it).await.code().unwrap();
    let session = client.verify_email(&text(&asked.body, "flow_token"), &code).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    assert_eq!(session.body["device_token"], Value::Null);
    text(&session.body, "access_token")
}

pub(crate) async fn bind(world: &World, client: &Client, access: &str) -> Answer {
    let change = json!({ "password": PASSWORD, "phone_number": NEW_PHONE });
    let asked = client.post_as(access, "/update_details", &change).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    client.enter(&text(&asked.body, "flow_token"), &texted(world, NEW_PHONE, 1).await).await
}

async fn number_of(world: &World, client: &Client, access: &str) -> Value {
    let me = client.get_as(access, "/me").await;
    assert_eq!(me.status, StatusCode::OK, "{}", world.dump());
    me.body["user"]["phone_number"].clone()
}

async fn a_held_number(engine: Engine) {
    let world = World::new(engine).await.with("recovery.hold", "0s");
    let mut doorward = world.serve().await;
    let client = Client::of(&doorward);
    let owner = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let access = binding(&world, &client).await;

    let bound = bind(&world, &client, &access).await;

    assert_eq!(bound.status, StatusCode::OK, "{bound:?}");
    assert_eq!(bound.body["user"]["phone_number"], json!(PHONE));
    assert!(bound.body["takes_effect_at"].is_string());
    assert_eq!(number_of(&world, &client, &owner).await, json!(PHONE));

    assert!(doorward.terminate());
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    world.mail.wait_for_mail(|mail| mail.subject.contains("number was confirmed") && mail.text.contains("***73")).await;
    assert_eq!(client.get_as(&owner, "/me").await.status, StatusCode::UNAUTHORIZED);
    let session = client.again(&world, NEW_PHONE, 2).await;
    assert_eq!(session["user"]["phone_number"], json!(NEW_PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_takes_the_place_of_a_lost_one_after_its_hold_on_sqlite() {
    a_held_number(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_takes_the_place_of_a_lost_one_after_its_hold_on_postgres() {
    a_held_number(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_may_only_bind_does_nothing_else() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    client.member(&world, EMAIL, PHONE).await;
    let access = binding(&world, &client).await;
    let names = json!({ "password": PASSWORD, "first_name": "Eve" });
    let both = json!({ "password": PASSWORD, "first_name": "Eve", "phone_number": NEW_PHONE });
    let password = json!({ "password": PASSWORD, "new_password": "brass-heron-4-paper-moon" });

    let refused = [
        client.get_as(&access, "/me").await,
        client.get_as(&access, "/sessions").await,
        client.delete_as(&access, "/sessions").await,
        client.post_as(&access, "/update", &password).await,
        client.post_as(&access, "/update_details", &names).await,
        client.post_as(&access, "/update_details", &both).await,
        client.post_as(&access, "/step_up", &json!({})).await,
    ];

    for answer in refused {
        assert_eq!((answer.status, &answer.body["code"]), (StatusCode::FORBIDDEN, &json!("binding_required")));
    }
    world.mail.wait_for_mail(|mail| mail.subject.contains("new way in is being set up")).await;
    assert_eq!(client.post_as(&access, "/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_objects_in_time_and_keeps_the_number() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let owner = text(&client.member(&world, EMAIL, PHONE).await, "access_token");
    let access = binding(&world, &client).await;
    bind(&world, &client, &access).await;

    let key = undo_key(&world, EMAIL).await;
    let undone = client.post("/undo_change", &json!({ "token": key })).await;

    assert_eq!(undone.status, StatusCode::OK, "{undone:?}");
    for session in [owner, access] {
        assert_eq!(client.get_as(&session, "/me").await.status, StatusCode::UNAUTHORIZED);
    }
    assert!(!world.dump().contains(&key));
    assert_eq!(client.again(&world, PHONE, 4).await["user"]["phone_number"], json!(PHONE));
}
