use actix_web::{http::Method, test::TestRequest};
use serde_json::json;

use crate::probe::{Answer, send};

async fn call(method: &str, path: &str) -> Answer {
    send(TestRequest::default().method(method.parse::<Method>().unwrap()).uri(path)).await
}

#[actix_web::test]
async fn a_problem_has_the_members_of_rfc_9457() {
    let answer = send(TestRequest::get().uri("/nowhere").insert_header(("x-request-id", "request-1"))).await;

    let expected = json!({
        "type": "https://auth.example.com/problems/not_found",
        "title": "There is nothing here",
        "status": 404,
        "code": "not_found",
        "request_id": "request-1",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[actix_web::test]
async fn an_unknown_path_is_404_with_every_method() {
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        let answer = call(method, "/nowhere").await;

        assert_eq!((answer.status, answer.code()), (404, "not_found".to_owned()), "{method}");
    }
}

#[actix_web::test]
async fn a_known_path_with_another_method_is_405_and_lists_its_own() {
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "FOO"] {
        let answer = call(method, "/verify").await;

        assert_eq!((answer.status, answer.code()), (405, "method_not_allowed".to_owned()), "{method}");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
    assert_eq!(call("POST", "/things/1").await.header("allow"), Some("GET, DELETE, HEAD"));
}

#[actix_web::test]
async fn a_method_cannot_be_overridden() {
    let answer = send(TestRequest::get().uri("/verify").insert_header(("x-http-method-override", "POST"))).await;

    assert_eq!(answer.status, 405);
}

#[actix_web::test]
async fn a_path_that_names_nothing_is_404() {
    let answer = call("GET", "/things/one").await;

    assert_eq!((answer.status, answer.code()), (404, "not_found".to_owned()));
}

#[actix_web::test]
async fn an_address_of_more_than_4_kib_is_414() {
    let longest = format!("/nowhere?{}", "x".repeat(4096 - 9));

    assert_eq!(call("GET", &longest).await.status, 404);
    assert_eq!(call("GET", &format!("{longest}x")).await.code(), "uri_too_long");
}

#[actix_web::test]
async fn headers_of_more_than_16_kib_together_are_431() {
    let half = "x".repeat(8192 - "x-a".len());
    let all =
        |last: &str| TestRequest::get().uri("/nowhere").insert_header(("x-a", &*half)).insert_header(("x-b", last));

    assert_eq!(send(all(&half)).await.status, 404);
    let answer = send(all(&format!("{half}x"))).await;
    assert_eq!((answer.status, answer.code()), (431, "headers_too_large".to_owned()));
}

#[actix_web::test]
async fn a_request_for_another_host_is_421_on_every_path() {
    for path in ["/nowhere", "/verify", "/things/1"] {
        for host in ["evil.test", "auth.example.com.evil.test", ""] {
            let answer = send(TestRequest::post().uri(path).insert_header(("host", host))).await;

            assert_eq!((answer.status, answer.code()), (421, "misdirected".to_owned()), "{path} {host}");
        }
    }
    for second in ["evil.test", "auth.example.com"] {
        let two = TestRequest::get().uri("/nowhere").insert_header(("host", "auth.example.com"));
        assert_eq!(send(two.append_header(("host", second))).await.status, 421, "{second}");
    }
    let forwarded = TestRequest::get().uri("/nowhere").insert_header(("host", "auth.example.com"));
    assert_eq!(send(forwarded.insert_header(("x-forwarded-host", "evil.test"))).await.status, 404);
    assert_eq!(call("GET", "http://evil.test/nowhere").await.status, 421);
}

#[actix_web::test]
async fn a_panic_is_an_internal_problem_with_all_headers() {
    for path in ["/panic", "/detached-panic"] {
        let answer = call("POST", path).await;

        assert_eq!((answer.status, answer.code()), (500, "internal".to_owned()), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-request-id").unwrap(), answer.json()["request_id"]);
        assert!(!answer.body.contains("purpose"));
    }
}

#[actix_web::test]
async fn a_store_that_is_down_is_503_with_retry_after() {
    let answer = call("GET", "/down").await;

    assert_eq!((answer.status, answer.code()), (503, "unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.json()["retry_after"], 1);
}

#[actix_web::test]
async fn causes_are_not_told() {
    for path in ["/down", "/broken", "/foreign"] {
        let answer = call("GET", path).await;

        assert_eq!(answer.json().get("detail"), None, "{path}");
        for secret in ["postgres", "secret", "internals"] {
            assert!(!answer.body.contains(secret), "{path}: {}", answer.body);
        }
    }
}

#[actix_web::test]
async fn a_failure_with_a_body_of_its_own_is_left_alone() {
    let answer = call("POST", "/oauth").await;

    assert_eq!(answer.status, 400);
    assert_eq!(answer.json(), json!({ "error": "invalid_request" }));
}

#[actix_web::test]
async fn a_problem_can_clear_a_cookie() {
    let answer = call("POST", "/cookie").await;

    assert_eq!(answer.status, 410);
    assert_eq!(
        answer.header("set-cookie"),
        Some("__Host-doorward_flow=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0")
    );
}
