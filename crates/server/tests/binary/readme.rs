//! The README is run as it stands, on another port.

use std::process::{Command, Output};

use crate::doorward::Doorward;

const README: &str = include_str!("../../../../README.md");

/// Runs the commands that follow a mark in the README.
fn run(mark: &str, doorward: &Doorward) -> Output {
    let (_, rest) = README.split_once(&format!("<!-- walk: {mark} -->")).unwrap();
    let (_, rest) = rest.split_once("```sh\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    let script = script.replace("http://localhost:8080", doorward.url());
    Command::new("bash").args(["-euo", "pipefail", "-c", &script]).output().unwrap()
}

#[tokio::test]
async fn the_six_calls_lead_from_nothing_to_a_logged_in_profile() {
    let folder = tempfile::tempdir().unwrap();
    let doorward = Doorward::dev(folder.path()).await;

    let output = run("tokens", &doorward);

    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains(r#""first_name":"Augusta""#), "{text}");
    assert!(text.contains(r#""phone_verified":true"#), "{text}");
}

#[tokio::test]
async fn the_same_with_a_cookie_jar_and_forms() {
    let folder = tempfile::tempdir().unwrap();
    let doorward = Doorward::dev(folder.path()).await;

    let output = run("cookies", &doorward);

    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains(r#""email":"grace@example.com""#), "{text}");
    assert!(text.contains(r#""refresh_token":null"#), "{text}");
}
