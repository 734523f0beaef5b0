//! The session of a caller.

use serde_json::json;

use super::{EMAIL, PHONE};
use crate::service::Served;

#[tokio::test]
async fn a_session_is_renewed_listed_and_ended() {
    let served = Served::start();
    let session = served.member(EMAIL, PHONE).await;

    insta::assert_snapshot!(served.call_as(&session, "GET", "/me").await, @r#"
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
        "last_name": null,
        "locale": "en",
        "phone_number": "+14155552671",
        "phone_verified": true,
        "status": "active",
        "updated_at": "2026-01-01T00:00:00.123457Z"
      }
    }
    "#);
    insta::assert_snapshot!(served.call_as(&session, "GET", "/sessions").await, @r#"
    HTTP/1.1 200 OK
    cache-control: no-store
    content-type: application/json

    {
      "sessions": [
        {
          "created_at": "2026-01-01T00:00:00.123457Z",
          "current": true,
          "device": null,
          "id": "[id]",
          "last_seen_at": "2026-01-01T00:00:00.123457Z",
          "place": "127.0.0.0/24"
        }
      ]
    }
    "#);
    let spent = json!({ "refresh_token": session.body["refresh_token"] });
    let renewed = served.post("/token/refresh", &spent).await;
    insta::assert_snapshot!(renewed, @r#"
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
    assert_ne!(renewed.body["refresh_token"], session.body["refresh_token"]);
    insta::assert_snapshot!(served.call_as(&renewed, "DELETE", "/sessions").await, @r"
    HTTP/1.1 204 No Content
    cache-control: no-store
    ");
    insta::assert_snapshot!(served.call_as(&renewed, "POST", "/logout").await, @r#"
    HTTP/1.1 204 No Content
    cache-control: no-store
    clear-site-data: "cache", "storage"
    "#);
    insta::assert_snapshot!(served.call_as(&renewed, "GET", "/me").await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer error="invalid_token"

    {
      "code": "unauthenticated",
      "request_id": "[request_id]",
      "status": 401,
      "title": "A session is needed",
      "type": "https://auth.example.com/problems/unauthenticated"
    }
    "#);
    insta::assert_snapshot!(served.post("/token/refresh", &spent).await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer

    {
      "code": "refresh_invalid",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The refresh token is not valid",
      "type": "https://auth.example.com/problems/refresh_invalid"
    }
    "#);
    served.stop().await;
}
