//! Backoff after wrong passwords in a row, whichever name they are tried with.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, text, texted},
    doorward::{Doorward, Engine, World},
    strangers::{behind_a_proxy, from},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

fn by(member: &str, name: &str, password: &str) -> Value {
    json!({ member: name, "password": password, "carrier": "token" })
}

/// Status and body of a login by password from a place of its own, but for what names the request.
async fn log_in(node: &Doorward, place: u32, body: &Value) -> (StatusCode, Value) {
    let (status, mut answer, _) = from(node, place, "/login", body).await;
    if let Some(answer) = answer.as_object_mut() {
        answer.remove("request_id");
    }
    (status, answer)
}

async fn tries(world: &World) -> usize {
    let is_notice = |subject: &str| subject.contains("Somebody tries passwords");
    world.mail.wait_for_mail(|mail| is_notice(&mail.subject)).await;
    world.mail.mails().iter().filter(|mail| is_notice(&mail.subject)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_passwords_by_any_name_wait_for_strangers_alone_and_the_owner_is_told_once() {
    let world = behind_a_proxy(Engine::Postgres).await;
    let node = world.serve().await;
    let client = Client::of(&node);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let wrong = [by("email", EMAIL, "no"), by("email", "ADA@EXAMPLE.COM", "no"), by("phone_number", PHONE, "no")];

    let mut denied = Vec::new();
    for place in 0..12 {
        denied.push(log_in(&node, place, &wrong[place as usize % 3]).await);
    }
    for body in [by("email", EMAIL, PASSWORD), by("phone_number", PHONE, PASSWORD)] {
        denied.push(log_in(&node, 20, &body).await);
    }

    denied.dedup();
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(denied[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(client.get_as(&text(&tokens, "access_token"), "/me").await.status, StatusCode::OK);
    let own = json!({
        "email": EMAIL, "password": PASSWORD, "carrier": "token", "device_token": text(&tokens, "device_token"),
    });
    assert_eq!(log_in(&node, 21, &own).await.0, StatusCode::ACCEPTED);
    texted(&world, PHONE, 2).await;
    assert_eq!(log_in(&node, 22, &by("email", EMAIL, PASSWORD)).await, denied[0]);
    assert_eq!(tries(&world).await, 1);

    world.execute("UPDATE buckets SET blocked_until = blocked_until - 30 * 1000000::bigint");
    assert_eq!(log_in(&node, 23, &by("phone_number", PHONE, PASSWORD)).await.0, StatusCode::ACCEPTED);
    assert_eq!(tries(&world).await, 1);
}
