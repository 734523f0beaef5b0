use actix_web::test::TestRequest;
use url::Url;

use crate::probe::{send, send_with, settings};

const SECURITY: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
];

#[actix_web::test]
async fn every_answer_has_the_security_headers() {
    for request in [
        TestRequest::get().uri("/things/1"),
        TestRequest::get().uri("/things/1?callback=x"),
        TestRequest::get().uri("/nowhere"),
        TestRequest::get().uri("/verify"),
        TestRequest::post().uri("/verify"),
        TestRequest::post().uri("/verify").set_payload("x".repeat(20_000)),
        TestRequest::post().uri("/verify").insert_header(("origin", "null")),
        TestRequest::post().uri("/panic"),
        TestRequest::get().uri("/down"),
    ] {
        let answer = send(request).await;

        for (name, value) in SECURITY {
            assert_eq!(answer.header(name), Some(value), "{} {name}", answer.status);
        }
        assert!(answer.header("x-request-id").is_some());
        assert_eq!(answer.header("server"), None);
    }
}

#[actix_web::test]
async fn a_page_may_say_what_it_loads_and_how_long_it_keeps() {
    let answer = send(TestRequest::get().uri("/page")).await;

    assert_eq!(answer.header("content-security-policy"), Some("default-src 'self'"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[actix_web::test]
async fn plain_http_on_loopback_promises_no_https() {
    let mut settings = settings();
    settings.public_url = Url::parse("http://127.0.0.1:8080").unwrap();

    let answer = send_with(settings, TestRequest::get().uri("/things/1")).await;

    assert_eq!(answer.header("strict-transport-security"), None);
}

#[actix_web::test]
async fn a_good_request_id_is_kept_and_any_other_replaced() {
    let id = |sent: &'static str| async move {
        let answer = send(TestRequest::get().uri("/things/1").insert_header(("x-request-id", sent))).await;
        answer.header("x-request-id").unwrap().to_owned()
    };

    assert_eq!(id("order_66-abc").await, "order_66-abc");
    assert_eq!(id("short").await, "ab".repeat(16));
    assert_eq!(id("{\"level\":\"fake\"}").await, "ab".repeat(16));
}
