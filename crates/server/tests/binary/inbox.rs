//! The inbox of the dev profile: what a page and a terminal see of it, and that it is nowhere else.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use reqwest::{StatusCode, Url};
use serde_json::Value;

use crate::{
    client::{Client, http},
    doorward::{Doorward, Engine, World, doorward, variable},
};

const PHONE: &str = "+14155552671";

/// Registers somebody, so that there is a mail, and gives it.
async fn mail(node: &Doorward) -> Value {
    Client::of(node).register("ada@example.com", PHONE).await;
    let found = http().get(format!("{}/dev/inbox?format=json&wait=20s&channel=email", node.url()));
    found.send().await.unwrap().json::<Vec<Value>>().await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_as_an_event_to_those_who_follow_its_recipient() {
    let folder = tempfile::tempdir().unwrap();
    let node = Doorward::dev(folder.path()).await;
    let follow = |query: &str| http().get(format!("{}/dev/inbox/events?{query}", node.url())).send();

    let mut events = follow("to=ada@example.com").await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mail = mail(&node).await;

    let mut text = String::new();
    while !text.contains("data: ") || !text.ends_with("\n\n") {
        text.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
    let id = mail["id"].as_str().unwrap();
    let (_, data) = text.split_once(&format!("id: {id}\ndata: ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(data.trim_end()).unwrap(), mail);
    let members: Vec<_> = mail.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["at", "body", "channel", "code", "id", "subject", "to"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_html_of_a_mail_can_do_nothing_and_the_page_shows_it_in_a_frame() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Doorward::dev(folder.path()).await;
    let id = mail(&node).await["id"].as_str().unwrap().to_owned();
    node.terminate();
    // It is still there after a restart.
    let node = Doorward::dev(folder.path()).await;
    let get = async |path: &str| http().get(format!("{}{path}", node.url())).send().await.unwrap();

    let html = get(&format!("/dev/inbox/{id}/html")).await;
    let policy = html.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("sandbox; default-src 'none'"), "{policy}");
    assert!(html.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(get("/dev/inbox/nobody/html").await.status(), StatusCode::NOT_FOUND);
    let page = get("/dev/inbox").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(
        page.contains(&format!("<iframe sandbox loading=\"lazy\" title=\"HTML\" src=\"inbox/{id}/html\">")),
        "{page}"
    );
    assert!(!get("/dev/inbox?channel=sms").await.text().await.unwrap().contains(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_follows_it_until_the_service_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Doorward::dev(folder.path()).await;
    let port = Url::parse(node.url()).unwrap().port().unwrap().to_string();
    let mut tail = doorward();
    tail.args(["inbox", "tail", "--json", "--port", &port]).current_dir(folder.path());
    let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(tail.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(told.contains(&format!("http://localhost:{port}/dev/inbox")), "{told}");

    let mail = mail(&node).await;

    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert_eq!(serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap(), mail);
    assert!(node.terminate());
    assert!(lines.next().is_none());
    assert!(tail.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_an_inbox_in_production() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;

    for path in ["/dev/inbox", "/dev/inbox/events", "/dev/inbox/page.js", "/dev/inbox/1/html"] {
        assert_eq!(Client::of(&node).get(&format!("{}{path}", node.url())).await, StatusCode::NOT_FOUND, "{path}");
    }
    let port = Url::parse(node.url()).unwrap().port().unwrap().to_string();
    let mut tail = doorward();
    let output = tail.args(["inbox", "tail", "--port", &port]).current_dir(world.folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("only `doorward dev` has one"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_the_words_of_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts/mail/en");
    std::fs::create_dir_all(&texts).unwrap();
    let own = "{% extends \"en/code\" %}{% block heading %}Join {{ service }}{% endblock %}";
    std::fs::write(texts.join("code.register.jinja"), own).unwrap();

    let settings = [("texts.folder", "texts"), ("texts.service", "Acme")];
    let node = Doorward::dev_with(folder.path(), &settings.map(|(name, value)| (variable(name), value))).await;
    let mail = mail(&node).await;

    assert!(mail["body"].as_str().unwrap().starts_with("Join Acme\n"), "{mail}");
}
