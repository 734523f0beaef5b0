//! A real nginx that asks the service about each request before it hands it to another application.

use reqwest::StatusCode;
use serde_json::json;

use crate::{
    browser::Browser,
    client::{Client, http, text},
    doorward::{Doorward, Engine, World},
    programs::free_port,
    proxies::{Proxy, recipe},
};

const PAGE: &str = include_str!("../../../../docs/forward-auth.md");
const PHONE: &str = "+14155552671";

/// The configuration of an application behind nginx, which answers who nginx says is calling.
fn application(port: u16) -> String {
    let said = "$http_doorward_user $http_doorward_session $http_doorward_acr";
    format!("server {{ listen 127.0.0.1:{port}; location / {{ return 200 \"{said}\"; }} }}")
}

/// nginx with the settings of the page, before the node and an application.
async fn before_an_application(node: &Doorward) -> Option<Proxy> {
    let port = free_port();
    let settings = recipe(PAGE, "nginx", node).replace("127.0.0.1:3000", &format!("127.0.0.1:{port}"));
    Proxy::nginx_as(&settings, &application(port)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_lets_sessions_through_and_says_whose_they_are() {
    let world = World::new(Engine::Sqlite).await.with("http.base_path", "/account");
    let node = world.serve().await;
    let Some(proxy) = before_an_application(&node).await else { return };
    let url = format!("http://localhost:{}", proxy.port);
    let ada = Client::at(format!("{url}/account"));
    let tokens = ada.member(&world, "ada@example.com", PHONE).await;
    let access = text(&tokens, "access_token");

    let orders = |token: Option<&str>| {
        let request = http().post(format!("{url}/orders")).header("doorward-user", "somebody else").body("anything");
        token.map_or_else(|| request.try_clone().unwrap(), |token| request.try_clone().unwrap().bearer_auth(token))
    };
    let let_through = orders(Some(&access)).send().await.unwrap();
    let stranger = orders(None).send().await.unwrap();
    let forged = orders(Some("a.b.c")).send().await.unwrap();
    let admin = http().get(format!("{url}/admin")).bearer_auth(&access).send().await.unwrap();

    assert_eq!(let_through.status(), StatusCode::OK);
    let said = format!("{} {} aal1", text(&tokens["user"], "id"), text(&tokens, "session_id"));
    assert_eq!(let_through.text().await.unwrap(), said);
    for refused in [stranger, forged, admin] {
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
    let outside = http().get(format!("{url}/_session")).send().await.unwrap();
    assert_eq!(outside.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_lets_a_cookie_through_until_its_session_ends() {
    let world = World::new(Engine::Sqlite).await.with("http.base_path", "/account");
    let node = world.serve().await;
    let Some(proxy) = before_an_application(&node).await else { return };
    let url = format!("http://localhost:{}", proxy.port);
    Client::at(format!("{url}/account")).member(&world, "ada@example.com", PHONE).await;
    let mut browser = Browser::at(url);
    browser.post("/account/login", &json!({ "phone_number": PHONE })).await;
    let code = world.sms.wait_for_messages_to(PHONE, 2).await[1].code().unwrap();
    browser.post("/account/otp_verification", &json!({ "otp": code })).await;

    let before = browser.send(reqwest::Method::GET, "/orders", None).await;
    browser.post("/account/logout", &json!({})).await;
    let after = browser.send(reqwest::Method::GET, "/orders", None).await;

    assert_eq!((before.status, after.status), (StatusCode::OK, StatusCode::UNAUTHORIZED));
}
