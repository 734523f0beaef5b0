//! The commands that do not serve.

use serde_json::Value;

use crate::doorward::{Engine, World, doorward, variable};

#[test]
fn openapi_prints_the_document_without_any_setting() {
    let output = doorward().arg("openapi").output().unwrap();

    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    for path in ["/register", "/verify_email", "/login", "/otp_verification", "/update", "/update_details"] {
        assert!(document["paths"][path]["post"].is_object(), "{path}");
    }
}

#[test]
fn serve_names_every_fault_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = doorward();
    command.arg("serve").current_dir(folder.path()).env(variable("keys.root_secret"), "changeme");

    let output = command.output().unwrap();

    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78));
    for setting in ["keys.root_secret", "http.public_url", "database.url", "smtp.url", "sms.allowed_countries"] {
        assert!(text.contains(setting), "{setting} is missing in {text}");
    }
    assert!(!text.contains("changeme"));
}

#[test]
fn migrate_tells_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = doorward();
        command.args(arguments).current_dir(folder.path()).env(variable("database.url"), "sqlite://doorward.db");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };

    assert!(run(&["migrate", "status"]).contains("missing 20261130000002_create_users"));
    assert!(run(&["migrate"]).contains("applied 20261130000002_create_users"));
    assert_eq!(run(&["migrate"]), "the database is up to date\n");
    assert!(run(&["migrate", "status"]).contains("applied 20261130000002_create_users"));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_whether_it_lives_and_is_ready() {
    let world = World::new(Engine::Postgres).await;
    let doorward = world.serve().await;
    let client = crate::client::Client::of(&doorward);

    for path in ["livez", "readyz"] {
        let url = format!("{}/{path}", doorward.ops());
        assert!(client.get(&url).await.is_success(), "{path}");
        assert_eq!(client.get(&format!("{}/{path}", doorward.url())).await, 404, "{path} is not for everyone");
    }
}
