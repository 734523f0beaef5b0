//! The commands that do not serve.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::{
    client::http,
    doorward::{Engine, World, doorward, variable},
};

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
fn the_manual_has_a_page_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man");

    let page = String::from_utf8(doorward().arg("man").output().unwrap().stdout).unwrap();
    assert!(page.contains(".TH doorward 1"), "{page}");
    assert!(doorward().args(["man", "--folder", pages.to_str().unwrap()]).status().unwrap().success());
    for page in ["doorward.1", "doorward-serve.1", "doorward-user-import.1", "doorward-inbox-tail.1"] {
        assert!(pages.join(page).is_file(), "{page}");
    }
}

#[test]
fn shells_complete_the_command_line() {
    for (shell, line) in
        [("bash", "complete -F _doorward"), ("zsh", "#compdef doorward"), ("fish", "complete -c doorward")]
    {
        let script = doorward().args(["completions", shell]).output().unwrap().stdout;

        assert!(String::from_utf8(script).unwrap().contains(line), "{shell}");
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

/// The first line that it prints, while it runs.
fn ready_line(folder: &Path) -> (Child, Value) {
    let mut command = doorward();
    command.args(["dev", "--port", "0", "--ready-json"]).current_dir(folder).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

#[tokio::test]
async fn two_devs_on_free_ports_tell_where_they_are_at_once() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut running = folders.each_ref().map(|folder| ready_line(folder.path()));

    for (_, ready) in &running {
        let url = ready["url"].as_str().unwrap();
        let flow = http().post(format!("{url}/login")).json(&json!({ "phone_number": "+14155552671" }));
        assert_eq!(flow.send().await.unwrap().status(), 202);
        let ops = format!("{}/livez", ready["ops"].as_str().unwrap());
        assert_eq!(http().get(ops).send().await.unwrap().status(), 200);
        assert_eq!(ready["inbox"], format!("{url}/dev/inbox"));
    }
    assert_ne!(running[0].1["url"], running[1].1["url"]);
    for (child, _) in &mut running {
        child.kill().unwrap();
        child.wait().unwrap();
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_succeeds_while_the_service_is_ready() {
    let world = World::new(Engine::Sqlite).await;
    let mut node = world.serve().await;
    let world = world.with("http.ops_listen", node.ops().trim_start_matches("http://"));

    let ready = world.operate(&["healthcheck"]);
    node.kill();
    let gone = world.operate(&["healthcheck"]);

    assert_eq!((ready.status.code(), ready.stdout.as_slice()), (Some(0), b"ok\n".as_slice()));
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("does not answer"), "{gone:?}");
}
