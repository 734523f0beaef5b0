//! Numbers that no login has used for long.

use std::fs;

use doorward_app::operator::{Accounts, Import, ImportOutcome};
use doorward_kernel::AuditKind;
use doorward_store_sqlite::{SqliteSettings, SqliteStore};
use doorward_testkit::fixtures;
use doorward_user::PasswordVerifier;
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{Answer, Client, mailed, text, texted},
    doorward::{Engine, World},
};

const PASSWORD: &str = "brass-heron-4-paper-moon";

/// Person 1 of the fixtures, without a password, whose number was last used 90 days ago or earlier.
async fn long_away(world: &World, engine: Engine) {
    match engine {
        Engine::Postgres => {
            let line = json!({
                "first_name": "Ada", "email": fixtures::email(1).as_str(), "email_verified": true,
                "phone_number": fixtures::phone(1).as_str(), "phone_verified": true,
                "created_at": "2020-02-03T04:05:06Z",
            });
            let file = world.folder.path().join("people.jsonl");
            fs::write(&file, format!("{line}\n")).unwrap();
            world.ask(&["user", "import", file.to_str().unwrap()]);
            world.execute("UPDATE users SET phone_used_at = phone_used_at - interval '90 days'");
        }
        Engine::Sqlite => {
            let store = SqliteStore::open(SqliteSettings::new(world.folder.path().join("doorward.db"))).unwrap();
            let audit = fixtures::audit(1, AuditKind::UserImported);
            let import = Import { user: fixtures::verified_user(1), verifier: PasswordVerifier::none(), audit };
            assert_eq!(store.import(vec![import]).await.unwrap(), [ImportOutcome::Imported]);
            store.close().await;
        }
    }
}

/// Logs in by the code in the n-th SMS.
async fn by_number(client: &Client, world: &World, n: usize) -> Answer {
    let phone = fixtures::phone(1);
    let flow = client.login(phone.as_str(), None).await;
    client.enter(&flow, &texted(world, phone.as_str(), n).await).await
}

async fn a_number_that_was_not_used_for_long(engine: Engine) {
    let world = World::new(engine).await;
    let doorward = world.serve().await;
    let client = Client::of(&doorward);
    long_away(&world, engine).await;
    let email = fixtures::email(1).as_str().to_owned();
    let finish = |step: &Answer| {
        let body = json!({ "email": email, "password": PASSWORD, "flow_token": text(&step.body, "flow_token") });
        let client = client.clone();
        async move { client.post("/login", &body).await }
    };

    let step = by_number(&client, &world, 1).await;
    let asked = (step.status, &step.body["next"], &step.body["channel"]);
    assert_eq!(asked, (StatusCode::ACCEPTED, &json!("login"), &json!("password")), "{step:?}");
    assert_eq!(finish(&step).await.status, StatusCode::UNAUTHORIZED);

    // Who has no password, or none in mind, sets one with a code to the address.
    let flow = text(&client.post("/forgot_password", &json!({ "email": email })).await.body, "flow_token");
    let reset = json!({ "flow_token": flow, "otp": mailed(&world, &email).await, "new_password": PASSWORD });
    assert_eq!(client.post("/reset_password", &reset).await.status, StatusCode::OK);
    assert_eq!(finish(&step).await.status, StatusCode::GONE);

    let step = by_number(&client, &world, 2).await;
    let tokens = finish(&step).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    assert_eq!(by_number(&client, &world, 3).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_not_used_for_long_asks_for_the_password_on_sqlite() {
    a_number_that_was_not_used_for_long(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_not_used_for_long_asks_for_the_password_on_postgres() {
    a_number_that_was_not_used_for_long(Engine::Postgres).await;
}
