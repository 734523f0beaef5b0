//! Authenticator apps.

use serde_json::json;

use super::{EMAIL, PHONE};
use crate::service::{PASSWORD, Served};

#[tokio::test]
async fn an_authenticator_app_is_set_up_by_a_fresh_session() {
    let served = Served::start();
    let session = served.member(EMAIL, PHONE).await;

    insta::assert_snapshot!(served.call_as(&session, "POST", "/totp").await, @r#"
    HTTP/1.1 201 Created
    cache-control: no-store
    content-type: application/json

    {
      "otpauth_url": "[otpauth_url]",
      "qr_png": "[qr_png]",
      "qr_svg": "[qr_svg]",
      "secret": "[secret]"
    }
    "#);
    insta::assert_snapshot!(served.post_as(&session, "/totp/confirm", &json!({ "otp": "000000" })).await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer

    {
      "code": "otp_incorrect",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The code is not right",
      "type": "https://auth.example.com/problems/otp_incorrect"
    }
    "#);
    let remove = json!({ "password": PASSWORD, "otp": "000000" });
    insta::assert_snapshot!(served.post_as(&session, "/totp/remove", &remove).await, @r#"
    HTTP/1.1 409 Conflict
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "conflict",
      "detail": "the account has no authenticator app",
      "request_id": "[request_id]",
      "status": 409,
      "title": "The request does not fit the present state",
      "type": "https://auth.example.com/problems/conflict"
    }
    "#);
    insta::assert_snapshot!(served.post_as(&session, "/recovery_codes", &remove).await, @r#"
    HTTP/1.1 409 Conflict
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "conflict",
      "detail": "the account has no authenticator app",
      "request_id": "[request_id]",
      "status": 409,
      "title": "The request does not fit the present state",
      "type": "https://auth.example.com/problems/conflict"
    }
    "#);
    insta::assert_snapshot!(served.post_as(&session, "/step_up", &json!({ "carrier": "token" })).await, @r#"
    HTTP/1.1 202 Accepted
    cache-control: no-store
    content-type: application/json

    {
      "attempts_left": 5,
      "channel": "sms",
      "destination": "+1***71",
      "expires_at": "2026-01-01T00:05:00.123457Z",
      "flow_token": "[flow_token]",
      "next": "otp_verification",
      "resend_at": "2026-01-01T00:00:30.123457Z"
    }
    "#);
    served.stop().await;
}
