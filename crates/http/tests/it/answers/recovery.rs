//! A forgotten password.

use serde_json::json;

use super::{EMAIL, PHONE};
use crate::service::{PASSWORD, Served};

#[tokio::test]
async fn a_forgotten_password_is_set_anew() {
    let served = Served::start();
    served.member(EMAIL, PHONE).await;

    let flow = served.post("/forgot_password", &json!({ "email": EMAIL, "carrier": "token" })).await;
    insta::assert_snapshot!(flow, @r#"
    HTTP/1.1 202 Accepted
    cache-control: no-store
    content-type: application/json

    {
      "attempts_left": 5,
      "channel": "email",
      "destination": "a***@example.com",
      "expires_at": "2026-01-01T00:10:00.123457Z",
      "flow_token": "[flow_token]",
      "next": "reset_password",
      "resend_at": "2026-01-01T00:00:30.123457Z"
    }
    "#);
    let mut reset = flow.with_code(&served.code(EMAIL).await);
    reset["new_password"] = "brass-heron-4-paper-moon".into();
    insta::assert_snapshot!(served.post("/reset_password", &reset).await, @r"
    HTTP/1.1 200 OK
    cache-control: no-store
    content-type: application/json

    {}
    ");
    let login = json!({ "email": EMAIL, "password": PASSWORD, "carrier": "token" });
    insta::assert_snapshot!(served.post("/login", &login).await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer

    {
      "code": "credentials_incorrect",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The credentials are not right",
      "type": "https://auth.example.com/problems/credentials_incorrect"
    }
    "#);
    served.stop().await;
}
