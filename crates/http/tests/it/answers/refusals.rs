//! Refusals: bodies that cannot be read, paths and methods that do not exist.

use serde_json::json;

use crate::service::Served;

#[tokio::test]
async fn what_cannot_be_read_is_refused_member_by_member() {
    let served = Served::start();

    let bad = json!({ "first_name": "", "email": "ada", "phone_number": "12", "password": "short", "colour": "red" });
    insta::assert_snapshot!(served.post("/register", &bad).await, @r#"
    HTTP/1.1 422 Unprocessable Entity
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "invalid",
      "errors": [
        {
          "code": "required",
          "field": "first_name",
          "message": "must not be empty"
        },
        {
          "code": "invalid",
          "field": "email",
          "message": "must be an address like name@example.com"
        },
        {
          "code": "invalid",
          "field": "phone_number",
          "message": "must be a number in international form, like +14155552671"
        },
        {
          "code": "too_short",
          "field": "password",
          "message": "must have at least 8 characters"
        },
        {
          "code": "password_common",
          "field": "password",
          "message": "is one of the most common passwords"
        },
        {
          "code": "unknown_field",
          "field": "colour",
          "message": "is not known"
        }
      ],
      "request_id": "[request_id]",
      "status": 422,
      "title": "Some fields are not valid",
      "type": "https://auth.example.com/problems/invalid"
    }
    "#);
    insta::assert_snapshot!(served.call("POST", "/register", "", "{").await, @r#"
    HTTP/1.1 400 Bad Request
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "malformed",
      "detail": "the body is no JSON object",
      "request_id": "[request_id]",
      "status": 400,
      "title": "The request cannot be read",
      "type": "https://auth.example.com/problems/malformed"
    }
    "#);
    insta::assert_snapshot!(served.post("/verify_email", &json!({ "otp": "123456", "flow_token": "none" })).await, @r#"
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
    insta::assert_snapshot!(served.call("GET", "/me", "", "").await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Bearer

    {
      "code": "unauthenticated",
      "request_id": "[request_id]",
      "status": 401,
      "title": "A session is needed",
      "type": "https://auth.example.com/problems/unauthenticated"
    }
    "#);
    insta::assert_snapshot!(served.call("DELETE", "/login", "", "").await, @r#"
    HTTP/1.1 405 Method Not Allowed
    allow: POST
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "method_not_allowed",
      "request_id": "[request_id]",
      "status": 405,
      "title": "The method is not allowed here",
      "type": "https://auth.example.com/problems/method_not_allowed"
    }
    "#);
    insta::assert_snapshot!(served.call("GET", "/no/such/page", "", "").await, @r#"
    HTTP/1.1 404 Not Found
    cache-control: no-store
    content-type: application/problem+json

    {
      "code": "not_found",
      "request_id": "[request_id]",
      "status": 404,
      "title": "There is nothing here",
      "type": "https://auth.example.com/problems/not_found"
    }
    "#);
    served.stop().await;
}
