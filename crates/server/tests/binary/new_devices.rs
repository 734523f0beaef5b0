//! Logins from devices that their account does not know.

use doorward_testkit::smtp_sink::Mail;
use serde_json::json;

use crate::{
    client::{Client, text},
    doorward::{Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

fn tells(mail: &Mail) -> bool {
    mail.subject.ends_with(": A new device logged in")
}

async fn an_owner_is_told(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    let device = text(&client.member(&world, EMAIL, PHONE).await, "device_token");

    client.again_on(&world, PHONE, 2, Some(&device)).await;
    client.again(&world, PHONE, 3).await;
    client.again(&world, PHONE, 4).await;
    client.post("/forgot_password", &json!({ "email": EMAIL })).await;

    let told = world.mail.wait_for_mail(tells).await;
    assert_eq!(told.to, [EMAIL]);
    assert!(told.text.contains(" UTC, 127.0.0.0/24. If it was you, you need not do anything."), "{}", told.text);
    world.mail.wait_for_mail(|mail| mail.code().is_some() && mail.subject.contains("password")).await;
    assert_eq!(world.mail.mails().iter().filter(|mail| tells(mail)).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_told_once_of_devices_that_the_account_does_not_know_on_sqlite() {
    an_owner_is_told(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_told_once_of_devices_that_the_account_does_not_know_on_postgres() {
    an_owner_is_told(Engine::Postgres).await;
}
