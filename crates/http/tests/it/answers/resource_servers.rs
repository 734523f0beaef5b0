//! The routes for resource servers: introspection, revocation, keys.

use serde_json::json;

use crate::service::Served;

#[tokio::test]
async fn resource_servers_get_keys_and_must_say_who_they_are() {
    let served = Served::start();

    insta::assert_snapshot!(served.call("GET", "/.well-known/jwks.json", "", "").await, @r#"
    HTTP/1.1 200 OK
    cache-control: public, max-age=300
    content-type: application/json

    {
      "keys": [
        {
          "alg": "ES256",
          "crv": "P-256",
          "kid": "C0N_nU9YHvpz3z9_uABqjGXhD67XzOcHHlk-XeyQUHw",
          "kty": "EC",
          "use": "sig",
          "x": "_eePNGp1my6mfa3vPwHH545mFumWPuSDWtrry6HSLt8",
          "y": "0D1JvvESjVmYbKfr_FTM7R9I2_zwuvz-5rPuuGwtPOI"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(served.post("/token/introspect", &json!({ "token": "none" })).await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Basic realm="doorward", charset="UTF-8"

    {
      "code": "invalid_client",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The client could not be authenticated",
      "type": "https://auth.example.com/problems/invalid_client"
    }
    "#);
    insta::assert_snapshot!(served.post("/token/revoke", &json!({ "token": "none" })).await, @r#"
    HTTP/1.1 401 Unauthorized
    cache-control: no-store
    content-type: application/problem+json
    www-authenticate: Basic realm="doorward", charset="UTF-8"

    {
      "code": "invalid_client",
      "request_id": "[request_id]",
      "status": 401,
      "title": "The client could not be authenticated",
      "type": "https://auth.example.com/problems/invalid_client"
    }
    "#);
    served.stop().await;
}
