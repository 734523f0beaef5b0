//! Pages of other sites that call every route there is with the cookies of a visitor.

use reqwest::{Method, Response};
use serde_json::json;

use crate::{
    browser::Browser,
    client::{Client, http, texted},
    doorward::{Doorward, Engine, World},
    routes::routes,
};

const PHONE: &str = "+14155552671";

/// The cookies of somebody who has logged in and begun another login.
async fn cookies(world: &World, node: &Doorward) -> String {
    Client::of(node).member(world, "ada@example.com", PHONE).await;
    let mut browser = Browser::of(node);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    let proof = json!({ "otp": texted(world, PHONE, 2).await });
    assert_eq!(browser.post("/otp_verification", &proof).await.status.as_u16(), 200);
    browser.post("/login", &json!({ "phone_number": PHONE })).await;
    browser.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Calls as a browser does for a page.
async fn call(node: &Doorward, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Response {
    let mut request = http().request(method.parse::<Method>().unwrap(), format!("{}{path}", node.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.body(body.to_owned());
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_site_changes_anything_on_any_route() {
    let world = World::new(Engine::Postgres).await;
    let node = world.serve().await;
    let cookies = cookies(&world, &node).await;
    let before = world.postgres().select("SELECT count(*) FROM audit_events");

    for route in routes(&node).await {
        for method in route.methods.iter().filter(|method| !["GET", "HEAD"].contains(&method.as_str())) {
            for said in [
                ("origin", "https://evil.test"),
                ("origin", "null"),
                ("origin", "http://localhost.evil.test:8080"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let headers = [said, ("cookie", &cookies), ("content-type", "application/x-www-form-urlencoded")];
                let answer = call(&node, method, &route.path, &headers, Some("carrier=cookie")).await;

                assert_eq!(answer.status().as_u16(), 403, "{method} {} {said:?}", route.path);
                assert!(answer.headers().get("access-control-allow-origin").is_none());
                assert!(answer.headers().get("set-cookie").is_none());
            }
        }
    }

    assert_eq!(world.postgres().select("SELECT count(*) FROM audit_events"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_takes_a_body_of_the_kind_that_any_page_may_send() {
    let world = World::new(Engine::Postgres).await;
    let node = world.serve().await;
    let cookies = cookies(&world, &node).await;
    let before = world.postgres().select("SELECT count(*) FROM audit_events");

    for route in routes(&node).await.into_iter().filter(|route| !route.members.is_empty()) {
        // Resource servers show themselves before anything is read, and providers sign whatever it is.
        let of_programs = ["/token/introspect", "/token/revoke", "/callbacks/http/{provider}/status"];
        let status = if of_programs.contains(&route.path.as_str()) { 401 } else { 415 };
        for kind in ["text/plain", "text/plain; application/json", "multipart/form-data; boundary=x"] {
            let headers = [("cookie", cookies.as_str()), ("content-type", kind)];
            let answer = call(&node, "POST", &route.path, &headers, Some("{}")).await;

            assert_eq!(answer.status().as_u16(), status, "{} {kind}", route.path);
        }
    }

    assert_eq!(world.postgres().select("SELECT count(*) FROM audit_events"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_lets_a_page_that_is_not_listed_read_anything() {
    let listed = "https://app.test";
    let world = World::new(Engine::Sqlite).await.with("http.allowed_origins", &format!("[{listed:?}]"));
    let node = world.serve().await;
    let mut of_listed = 0;

    for route in routes(&node).await {
        for method in ["OPTIONS", "GET"] {
            for origin in ["https://evil.test", "null", "https://app.test.evil.test", "http://app.test", listed] {
                let headers = [("origin", origin), ("access-control-request-method", "POST")];
                let answer = call(&node, method, &route.path, &headers, None).await;

                let allowed = answer.headers().get("access-control-allow-origin");
                let expected = (origin == listed).then_some(listed);
                assert_eq!(allowed.map(|value| value.to_str().unwrap()), expected, "{method} {} {origin}", route.path);
                assert!(answer.headers().get("access-control-allow-credentials").is_none());
                of_listed += usize::from(allowed.is_some());
            }
        }
    }

    assert!(of_listed > 0);
}
