use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::{
    App,
    body::MessageBody,
    dev::ServiceResponse,
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body_json},
    web::Data,
};
use doorward_verifier::Verifier;
use serde_json::{Value, json};

use crate::{
    http_jwks::serve,
    issuer::{self, AUDIENCE, ISSUER, Issuer, claims_at, jwks},
};

#[path = "../../examples/orders_service.rs"]
#[allow(dead_code, reason = "The example's main is not called here.")]
mod orders_service;

fn verifier(jwks_url: &str) -> Verifier {
    Verifier::builder(ISSUER, AUDIENCE).jwks_url(jwks_url).build().unwrap()
}

fn token(issuer: &Issuer, change: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    issuer.sign(&issuer.header(), &issuer::with(claims_at(now), change))
}

async fn call(verifier: Verifier, request: TestRequest) -> ServiceResponse<impl MessageBody> {
    let app = init_service(App::new().app_data(Data::new(verifier)).configure(orders_service::routes)).await;
    call_service(&app, request.to_request()).await
}

fn header<'a>(response: &'a ServiceResponse<impl MessageBody>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[actix_web::test]
async fn a_good_token_is_served() {
    let issuer = Issuer::es256();
    let address = serve(&jwks(&[&issuer]));
    let verifier = verifier(&format!("{address}/.well-known/jwks.json"));

    for scheme in ["Bearer", "bearer", "BEARER "] {
        let line = format!("{scheme} {}", token(&issuer, &json!({})));
        let request = TestRequest::get().uri("/orders").insert_header(("authorization", line));
        let response = call(verifier.clone(), request).await;

        assert_eq!(response.status(), StatusCode::OK, "{scheme}");
        let expected = json!({ "customer": "0198c0de-0000-7000-8000-000000000001", "orders": [] });
        assert_eq!(read_body_json::<Value, _>(response).await, expected);
    }
}

#[actix_web::test]
async fn a_request_without_a_token_is_challenged() {
    let verifier = verifier("http://127.0.0.1:9/");
    let bare = TestRequest::get().uri("/orders");
    let basic = TestRequest::get().uri("/orders").insert_header(("authorization", "Basic YTpi"));

    for request in [bare, basic] {
        let response = call(verifier.clone(), request).await;

        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(header(&response, "www-authenticate"), Some("Bearer"));
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
        assert_eq!(header(&response, "cache-control"), Some("no-store"));
        let problem = json!({ "title": "an access token is required", "status": 401, "code": "unauthenticated" });
        assert_eq!(read_body_json::<Value, _>(response).await, problem);
    }
}

#[actix_web::test]
async fn a_bad_token_is_refused_without_saying_why() {
    let issuer = Issuer::eddsa();
    let address = serve(&jwks(&[&issuer]));
    let verifier = verifier(&format!("{address}/.well-known/jwks.json"));
    let expired = format!("Bearer {}", token(&issuer, &json!({ "exp": 1 })));
    let stranger = format!("Bearer {}", token(&Issuer::eddsa(), &json!({})));

    for line in [expired.as_str(), stranger.as_str(), "Bearer", "Bearer ", "Bearer a.b.c"] {
        let request = TestRequest::get().uri("/orders").insert_header(("authorization", line));
        let response = call(verifier.clone(), request).await;

        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{line}");
        assert_eq!(header(&response, "www-authenticate"), Some(r#"Bearer error="invalid_token""#));
        let problem = json!({ "title": "the access token is not valid", "status": 401, "code": "unauthenticated" });
        assert_eq!(read_body_json::<Value, _>(response).await, problem);
    }
}

#[actix_web::test]
async fn two_tokens_are_none() {
    let issuer = Issuer::es256();
    let address = serve(&jwks(&[&issuer]));
    let line = format!("Bearer {}", token(&issuer, &json!({})));
    let request = TestRequest::get().uri("/orders").append_header(("authorization", line.as_str()));

    let response = call(
        verifier(&format!("{address}/.well-known/jwks.json")),
        request.append_header(("authorization", line.as_str())),
    )
    .await;

    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_route_may_ask_for_two_factors() {
    let issuer = Issuer::es256();
    let address = serve(&jwks(&[&issuer]));
    let verifier = verifier(&format!("{address}/.well-known/jwks.json"));
    let post = |acr: &str| {
        let line = format!("Bearer {}", token(&issuer, &json!({ "acr": acr })));
        call(verifier.clone(), TestRequest::post().uri("/orders").insert_header(("authorization", line)))
    };

    let two = post("aal2").await;
    let one = post("aal1").await;

    assert_eq!(two.status(), StatusCode::CREATED);
    assert_eq!(one.status(), StatusCode::UNAUTHORIZED);
    let challenge = r#"Bearer error="insufficient_user_authentication", acr_values="aal2""#;
    assert_eq!(header(&one, "www-authenticate"), Some(challenge));
    let problem =
        json!({ "title": "a stronger authentication is required", "status": 401, "code": "step_up_required" });
    assert_eq!(read_body_json::<Value, _>(one).await, problem);
}

#[actix_web::test]
async fn without_keys_nobody_is_judged() {
    let issuer = Issuer::es256();
    let address = serve(&json!({ "keys": [] }));
    let line = format!("Bearer {}", token(&issuer, &json!({})));
    let request = TestRequest::get().uri("/orders").insert_header(("authorization", line));

    let response = call(verifier(&format!("{address}/.well-known/jwks.json")), request).await;

    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "retry-after"), Some("1"));
    assert_eq!(header(&response, "www-authenticate"), None);
}

#[actix_web::test]
async fn an_application_without_a_verifier_serves_nobody() {
    let app = init_service(App::new().configure(orders_service::routes)).await;
    let request = TestRequest::get().uri("/orders").insert_header(("authorization", "Bearer a.b.c")).to_request();

    assert_eq!(call_service(&app, request).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
