use actix_web::{http::Method, test::TestRequest};

use crate::probe::{Answer, LISTED, send, send_with, settings};

async fn post_from(origin: &str) -> Answer {
    let request = TestRequest::post().uri("/verify").insert_header(("content-type", "application/json"));
    send(request.set_payload(r#"{"otp":"012345"}"#).insert_header(("origin", origin.to_owned()))).await
}

#[actix_web::test]
async fn a_foreign_page_changes_nothing() {
    for origin in ["https://evil.test", "null", "https://app.test.evil.test"] {
        let answer = post_from(origin).await;

        assert_eq!((answer.status, answer.code()), (403, "cross_site".to_owned()), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[actix_web::test]
async fn our_own_pages_and_listed_ones_may_call() {
    for origin in ["https://auth.example.com", LISTED] {
        assert_eq!(post_from(origin).await.status, 200, "{origin}");
    }
}

#[actix_web::test]
async fn a_sibling_host_may_call_but_not_with_our_cookie() {
    let request = || TestRequest::post().uri("/nowhere").insert_header(("sec-fetch-site", "same-site"));

    assert_eq!(send(request()).await.status, 404);
    assert_eq!(send(request().insert_header(("cookie", "__Host-doorward_session=x"))).await.code(), "cross_site");
}

#[actix_web::test]
async fn listed_origins_get_cors_answers_without_credentials() {
    let answer = post_from(LISTED).await;

    assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("vary"), Some("origin"));
}

#[actix_web::test]
async fn failures_too_can_be_read_by_listed_origins() {
    let answer = send(TestRequest::get().uri("/nowhere").insert_header(("origin", LISTED))).await;

    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (404, Some(LISTED)));
}

async fn preflight_from(origin: &str) -> Answer {
    let request = TestRequest::default().method(Method::OPTIONS).uri("/verify");
    send(request.insert_header(("origin", origin.to_owned())).insert_header(("access-control-request-method", "POST")))
        .await
}

#[actix_web::test]
async fn a_preflight_of_a_listed_origin_is_answered() {
    let answer = preflight_from(LISTED).await;

    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(LISTED));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, HEAD, POST, DELETE"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("authorization, content-type, x-puzzle-answer, x-request-id")
    );
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[actix_web::test]
async fn a_preflight_allows_the_headers_that_the_operator_lists() {
    let mut settings = settings();
    settings.allowed_headers = vec!["traceparent".to_owned()];
    let request = TestRequest::default().method(Method::OPTIONS).uri("/verify").insert_header(("origin", LISTED));

    let answer = send_with(settings, request.insert_header(("access-control-request-method", "POST"))).await;

    let allowed = "authorization, content-type, x-puzzle-answer, x-request-id, traceparent";
    assert_eq!(answer.header("access-control-allow-headers"), Some(allowed));
}

#[actix_web::test]
async fn a_preflight_of_any_other_origin_is_not() {
    for origin in ["https://evil.test", "null", "https://app.test.evil.test"] {
        let answer = preflight_from(origin).await;

        assert_eq!(answer.status, 405, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}
