//! Registering, verifying address and number, and logging in.

use serde_json::json;

use super::{EMAIL, PHONE};
use crate::service::{Served, person};

#[tokio::test]
async fn who_registers_and_verifies_address_and_number_has_a_session() {
    let served = Served::start();

    let flow = served.post("/register", &person(EMAIL, PHONE)).await;
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
      "next": "verify_email",
      "resend_at": "2026-01-01T00:00:30.123457Z"
    }
    "#);
    let wrong = served.post("/verify_email", &flow.with_code("000000")).await;
    insta::assert_snapshot!(wrong, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer

    {
      "attempts_left": 4,
      "code": "otp_incorrect",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The code is not right",
      "type": "https://auth.example.com/problems/otp_incorrect"
    }
    "#);
    let verified = served.post("/verify_email", &flow.with_code(&served.code(EMAIL).await)).await;
    insta::assert_snapshot!(verified, @r#"
    HTTP/1.1 201 Created
    cache-control: no-store
    content-type: application/json

    {
      "flow_token": "[flow_token]",
      "next": "login",
      "user": {
        "created_at": "2026-01-01T00:00:00.123457Z",
        "email": "ada@example.com",
        "email_verified": true,
        "factors": [
          "password"
        ],
        "first_name": "Ada",
        "id": "[id]",
        "last_name": null,
        "locale": "en",
        "phone_number": "+14155552671",
        "phone_verified": false,
        "status": "active",
        "updated_at": "2026-01-01T00:00:00.123457Z"
      }
    }
    "#);
    let login = json!({ "phone_number": PHONE, "flow_token": verified.body["flow_token"], "carrier": "token" });
    let flow = served.post("/login", &login).await;
    insta::assert_snapshot!(flow, @r#"
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
    let session = served.post("/otp_verification", &flow.with_code(&served.code(PHONE).await)).await;
    insta::assert_snapshot!(session, @r#"
    HTTP/1.1 200 OK
    cache-control: no-store
    content-type: application/json

    {
      "access_token": "[access_token]",
      "device_token": "[device_token]",
      "expires_in": 300,
      "other_account": null,
      "refresh_expires_in": 86400,
      "refresh_token": "[refresh_token]",
      "session_id": "[session_id]",
      "token_type": "Bearer",
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
        "last_name": null,
        "locale": "en",
        "phone_number": "+14155552671",
        "phone_verified": true,
        "status": "active",
        "updated_at": "2026-01-01T00:00:00.123457Z"
      }
    }
    "#);
    let over = served.post("/otp_verification", &flow.with_code("000000")).await;
    insta::assert_snapshot!(over, @r#"
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

#[tokio::test]
async fn a_browser_holds_its_flow_in_a_cookie() {
    let served = Served::start();
    let mut person = person(EMAIL, PHONE);
    person["carrier"] = "cookie".into();

    let flow = served.post("/register", &person).await;

    insta::assert_snapshot!(flow, @r#"
    HTTP/1.1 202 Accepted
    cache-control: no-store
    content-type: application/json
    set-cookie: __Host-doorward_flow=[secret]; HttpOnly; SameSite=Lax; Secure; Path=/

    {
      "attempts_left": 5,
      "channel": "email",
      "destination": "a***@example.com",
      "expires_at": "2026-01-01T00:10:00.123457Z",
      "flow_token": "[flow_token]",
      "next": "verify_email",
      "resend_at": "2026-01-01T00:00:30.123457Z"
    }
    "#);
    served.stop().await;
}
