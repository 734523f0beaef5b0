//! Sessions that browsers hold by cookie.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    client::{Client, PASSWORD, text, texted},
    doorward::{Doorward, Engine, World},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";
const SESSION: &str = "doorward_session";

/// A browser that has logged in, with the second SMS to the number.
async fn logged_in(world: &World, doorward: &Doorward) -> Browser {
    Client::of(doorward).member(world, EMAIL, PHONE).await;
    let mut browser = Browser::of(doorward);
    assert_eq!(browser.post("/login", &json!({ "phone_number": PHONE })).await.status, StatusCode::ACCEPTED);
    let page = browser.post("/otp_verification", &json!({ "otp": texted(world, PHONE, 2).await })).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert_eq!(page.body["refresh_token"], Value::Null);
    assert!(!browser.jar.contains_key("doorward_flow"));
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_renewed_and_logged_out_by_its_cookie() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;
    let cookie = browser.jar[SESSION].clone();

    let renewed = browser.post("/token/refresh", &json!({})).await;
    assert_eq!((renewed.status, &renewed.body["refresh_token"]), (StatusCode::OK, &Value::Null));
    // It would take the place of a newer one that came meanwhile.
    assert_eq!(renewed.set_cookies, Vec::<String>::new());
    let access = text(&renewed.body, "access_token");
    assert_eq!(Client::of(&doorward).get_as(&access, "/me").await.status, StatusCode::OK);
    let out = browser.send(Method::POST, "/logout", None).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(out.clear_site_data.as_deref(), Some("\"cache\", \"storage\""));
    assert!(!browser.jar.contains_key(SESSION));

    for (method, path, body) in
        [(Method::GET, "/me", None), (Method::POST, "/token/refresh", Some(json!({}))), (Method::POST, "/logout", None)]
    {
        browser.jar.insert(SESSION.to_owned(), cookie.clone());
        let page = browser.send(method, path, body.as_ref()).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        // By now the browser may hold a newer one.
        assert_eq!(page.set_cookies, Vec::<String>::new(), "{path}");
    }
    assert_eq!(Client::of(&doorward).get_as(&access, "/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_access_token_leaves_the_cookie_alone() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;

    let page = browser.send(Method::GET, "/me", None).await;
    let bearer = Client::of(&doorward).get_as("nonsense", "/me").await;

    assert_eq!((page.status, page.set_cookies), (StatusCode::OK, vec![]));
    assert_eq!(bearer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_current_session_takes_its_cookie() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;
    let sessions = browser.send(Method::GET, "/sessions", None).await;
    let sessions = sessions.body["sessions"].as_array().unwrap().clone();
    let [other, current] = [false, true].map(|wanted| {
        let one = sessions.iter().find(|session| session["current"] == json!(wanted)).unwrap();
        format!("/sessions/{}", text(one, "id"))
    });

    let ended = browser.send(Method::DELETE, &other, None).await;
    assert_eq!((ended.status, ended.set_cookies), (StatusCode::NO_CONTENT, vec![]));
    let ended = browser.send(Method::DELETE, &current, None).await;

    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert!(!browser.jar.contains_key(SESSION));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_up_by_cookie_renews_the_session_cookie_and_ends_the_flow() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;
    let cookie = browser.jar[SESSION].clone();

    let flow = browser.post("/step_up", &json!({})).await;
    assert_eq!(flow.status, StatusCode::ACCEPTED, "{flow:?}");
    assert!(browser.jar.contains_key("doorward_flow"));
    let verified = browser.post("/otp_verification", &json!({ "otp": texted(&world, PHONE, 3).await })).await;

    assert_eq!((verified.status, &verified.body["refresh_token"]), (StatusCode::OK, &Value::Null));
    assert!(!browser.jar.contains_key("doorward_flow"));
    assert_ne!(browser.jar[SESSION], cookie);
    assert_eq!(browser.send(Method::GET, "/me", None).await.status, StatusCode::OK);
    assert_worthless(&doorward, &cookie).await;
}

/// A copy of a session cookie that opens nothing, and is left alone.
async fn assert_worthless(doorward: &Doorward, copy: &str) {
    let mut thief = Browser::of(doorward);
    thief.jar.insert(SESSION.to_owned(), copy.to_owned());
    for (method, path) in [(Method::GET, "/me"), (Method::POST, "/totp"), (Method::POST, "/token/refresh")] {
        let page = thief.send(method, path, None).await;
        assert_eq!((page.status, page.set_cookies), (StatusCode::UNAUTHORIZED, vec![]), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_renews_the_session_cookie() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;
    let copy = browser.jar[SESSION].clone();

    let change = json!({ "password": PASSWORD, "new_password": "brass-heron-4-paper-moon" });
    let changed = browser.post("/update", &change).await;

    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_worthless(&doorward, &copy).await;
    assert_eq!(browser.send(Method::GET, "/me", None).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_renews_the_cookie_of_the_session_that_changed_it() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;
    let copy = browser.jar[SESSION].clone();

    browser.post("/update", &json!({ "password": PASSWORD, "email": "ada@example.org" })).await;
    let code = crate::client::mailed(&world, "ada@example.org").await;
    let changed = browser.post("/verify_email", &json!({ "otp": code })).await;

    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_worthless(&doorward, &copy).await;
    assert_eq!(browser.send(Method::GET, "/me", None).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_the_session_whose_cookie_it_replaces() {
    let world = World::new(Engine::Sqlite).await;
    let doorward = world.serve().await;
    let mut browser = logged_in(&world, &doorward).await;
    let copy = browser.jar[SESSION].clone();

    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    let page = browser.post("/otp_verification", &json!({ "otp": texted(&world, PHONE, 3).await })).await;

    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert_worthless(&doorward, &copy).await;
    let sessions = browser.send(Method::GET, "/sessions", None).await;
    assert_eq!(sessions.body["sessions"].as_array().unwrap().len(), 2, "that of the member and this one");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cookie_over_https_is_locked_to_the_host() {
    let world = World::new(Engine::Sqlite).await.with("http.public_url", "https://auth.example.com");
    let doorward = world.serve().await;
    Client::of(&doorward).member(&world, "ada@example.com", PHONE).await;
    let mut browser = Browser::of(&doorward);
    let mut cookies = browser.post("/login", &json!({ "phone_number": PHONE })).await.set_cookies;
    let otp = texted(&world, PHONE, 2).await;
    cookies.extend(browser.post("/otp_verification", &json!({ "otp": otp })).await.set_cookies);
    assert_eq!(browser.jar.len(), 2, "session and device");
    cookies.extend(browser.send(Method::POST, "/logout", None).await.set_cookies);

    assert_eq!(cookies.len(), 5, "flow, its end, session, device, the session's end: {cookies:?}");
    for cookie in cookies {
        let mut parts = cookie.split("; ");
        assert!(parts.next().unwrap().starts_with("__Host-doorward_"), "{cookie}");
        let attributes: Vec<_> = parts.collect();
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&attribute), "{cookie} lacks {attribute}");
        }
        assert!(!cookie.contains("Domain") && cookie.len() < 200, "{cookie}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_of_a_flow_for_another_address_is_ignored() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    Client::of(&node).member(&world, EMAIL, PHONE).await;
    let mut browser = Browser::of(&node);
    browser.post("/login", &json!({ "email": "ade@example.com" })).await;
    assert_eq!(browser.jar.len(), 1);

    let right = browser.post("/login", &json!({ "email": EMAIL, "password": PASSWORD })).await;

    assert_eq!(right.status, StatusCode::ACCEPTED, "{}", right.body);
    assert_eq!(right.body["channel"], "sms");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_cookie_ends_with_the_last_try_and_one_that_is_forged_is_left_alone() {
    let world = World::new(Engine::Sqlite).await;
    let node = world.serve().await;
    let mut browser = Browser::of(&node);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    for left in (0..5).rev() {
        assert_eq!(browser.jar.len(), 1);
        let wrong = browser.post("/otp_verification", &json!({ "otp": "000000" })).await;
        assert_eq!(wrong.body["attempts_left"], left);
    }
    assert!(browser.jar.is_empty());

    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    for value in browser.jar.values_mut() {
        value.replace_range(10..14, "AAAA");
    }
    let forged = browser.post("/otp_verification", &json!({ "otp": "000000" })).await;

    assert_eq!((forged.status, forged.body["code"].as_str()), (StatusCode::GONE, Some("flow_closed")));
    assert_eq!(forged.set_cookies, Vec::<String>::new());
}
