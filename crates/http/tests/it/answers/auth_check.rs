//! The session of a request that a reverse proxy holds.

use super::{EMAIL, PHONE};
use crate::service::Served;

#[tokio::test]
async fn a_proxy_learns_whose_session_a_request_has() {
    let served = Served::start();
    let session = served.member(EMAIL, PHONE).await;

    for (path, status) in [
        ("/auth/check", "204 No Content"),
        ("/auth/check?min_acr=aal1", "204 No Content"),
        ("/auth/check?min_acr=aal2", "401 Unauthorized"),
        ("/auth/check?min_acr=aal3", "422 Unprocessable Entity"),
        ("/auth/check?min_acr=binding", "422 Unprocessable Entity"),
        ("/auth/check?min_acl=aal2", "422 Unprocessable Entity"),
        ("/auth/check?min_acr=aal1&min_acr=aal2", "400 Bad Request"),
    ] {
        let answer = served.call_as(&session, "GET", path).await;
        assert_eq!(answer.status, format!("HTTP/1.1 {status}"), "{path}");
    }
    let shown = served.call_as(&session, "GET", "/auth/check").await;
    let user = session.body["user"]["id"].as_str().unwrap();
    let id = session.body["session_id"].as_str().unwrap();
    assert_eq!(shown.header("doorward-user"), Some(user));
    assert_eq!(shown.header("doorward-session"), Some(id));
    assert_eq!(shown.header("doorward-acr"), Some("aal1"));
    served.stop().await;
}

#[tokio::test]
async fn what_is_no_session_is_401_and_says_what_would_do() {
    let served = Served::start();
    let (ada, ben) = (served.member(EMAIL, PHONE).await, served.member("ben@example.com", "+14155552672").await);
    let cookie = "cookie: __Host-doorward_session=a; __Host-doorward_session=b\r\n";

    let nobody = served.call("GET", "/auth/check", "", "").await;
    assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
    let ambiguous = served.call("GET", "/auth/check", cookie, "").await;
    assert_eq!(ambiguous.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    insta::assert_snapshot!(served.call_as(&ada, "GET", "/auth/check?min_acr=aal2").await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer error="insufficient_user_authentication", acr_values="aal2"

    {
      "code": "unauthenticated",
      "detail": "two factors are asked for",
      "request_id": "[request_id]",
      "status": 401,
      "title": "A session is needed",
      "type": "https://auth.example.com/problems/unauthenticated"
    }
    "#);
    served.call_as(&ben, "POST", "/logout").await;
    let ended = served.call_as(&ben, "GET", "/auth/check").await;
    assert_eq!(ended.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    served.stop().await;
}
