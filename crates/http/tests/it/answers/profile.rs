//! Changes that an owner makes.

use serde_json::json;

use super::{EMAIL, PHONE};
use crate::service::{PASSWORD, Served};

#[tokio::test]
async fn an_account_changes_its_names_its_number_and_its_address() {
    let served = Served::start();
    let session = served.member(EMAIL, PHONE).await;

    let names = json!({ "password": PASSWORD, "last_name": "Lovelace" });
    insta::assert_snapshot!(served.post_as(&session, "/update_details", &names).await, @r#"
    HTTP/1.1 200 OK
    cache-control: no-store
    content-type: application/json

    {
      "user": {
        "created_at": "2026-01-01T00:00:00.123457Z",
        "email": "ada@example.com",
        "email_verified": true,
        "factors": [
          "password",
          "sms"
        ],
        "first_name": "Ada",
        "id": "[id]",
        "last_name": "Lovelace",
        "locale": "en",
        "phone_number": "+14155552671",
        "phone_verified": true,
        "status": "active",
        "updated_at": "2026-01-01T00:00:00.123457Z"
      }
    }
    "#);
    let number = json!({ "password": PASSWORD, "phone_number": "+14155552672", "carrier": "token" });
    let flow = served.post_as(&session, "/update_details", &number).await;
    insta::assert_snapshot!(flow, @r#"
    HTTP/1.1 202 Accepted
    cache-control: no-store
    content-type: application/json

    {
      "attempts_left": 5,
      "channel": "sms",
      "destination": "+1***72",
      "expires_at": "2026-01-01T00:05:00.123457Z",
      "flow_token": "[flow_token]",
      "next": "otp_verification",
      "resend_at": "2026-01-01T00:00:30.123457Z"
    }
    "#);
    insta::assert_snapshot!(served.post("/resend_otp", &json!({ "flow_token": flow.body["flow_token"] })).await, @r#"
    HTTP/1.1 429 Too Many Requests
    cache-control: no-store
    content-type: application/problem+json
    retry-after: 30

    {
      "code": "resend_too_early",
      "request_id": "[request_id]",
      "retry_after": 30,
      "status": 429,
      "title": "The code was sent a moment ago",
      "type": "https://auth.example.com/problems/resend_too_early"
    }
    "#);
    let code = served.code("+14155552672").await;
    insta::assert_snapshot!(served.post_as(&session, "/otp_verification", &flow.with_code(&code)).await, @r#"
    HTTP/1.1 200 OK
    cache-control: no-store
    content-type: application/json

    {
      "user": {
        "created_at": "2026-01-01T00:00:00.123457Z",
        "email": "ada@example.com",
        "email_verified": true,
        "factors": [
          "password",
          "sms"
        ],
        "first_name": "Ada",
        "id": "[id]",
        "last_name": "Lovelace",
        "locale": "en",
        "phone_number": "+14155552672",
        "phone_verified": true,
        "status": "active",
        "updated_at": "2026-01-01T00:00:00.123457Z"
      }
    }
    "#);
    let address = json!({ "password": PASSWORD, "email": "ada@example.org", "carrier": "token" });
    insta::assert_snapshot!(served.post_as(&session, "/update", &address).await, @r#"
    HTTP/1.1 202 Accepted
    cache-control: no-store
    content-type: application/json

    {
      "attempts_left": 5,
      "channel": "email",
      "destination": "a***@example.org",
      "expires_at": "2026-01-01T00:10:00.123457Z",
      "flow_token": "[flow_token]",
      "next": "verify_email",
      "resend_at": "2026-01-01T00:00:30.123457Z"
    }
    "#);
    insta::assert_snapshot!(served.post("/undo_change", &json!({ "token": "none" })).await, @r#"
    HTTP/1.1 410 Gone
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "flow_closed",
      "request_id": "[request_id]",
      "status": 410,
      "title": "The flow is closed",
      "type": "https://auth.example.com/problems/flow_closed"
    }
    "#);
    served.stop().await;
}
