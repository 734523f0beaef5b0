use std::{net::TcpListener, time::Duration};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use doorward_verifier::{HttpJwks, JwksDocument, JwksError, JwksSource, Verifier};
use serde_json::Value;

use crate::issuer::{self, AUDIENCE, Issuer, claims, jwks};

/// Serves the key set, and things that are none, on loopback; the address.
pub(crate) fn serve(jwks: &Value) -> String {
    let body = jwks.to_string();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |request: HttpRequest| {
        let body = body.clone();
        async move {
            match request.path() {
                "/.well-known/jwks.json" => {
                    HttpResponse::Ok().insert_header(("cache-control", "public, max-age=900")).body(body)
                }
                "/moved" => HttpResponse::Found().insert_header(("location", "/.well-known/jwks.json")).body(body),
                "/large" => HttpResponse::Ok().body("x".repeat(64 * 1024 + 1)),
                _ => HttpResponse::NotFound().finish(),
            }
        }
    };
    let server = HttpServer::new(move || App::new().default_service(web::to(answer.clone())));
    rt::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    address
}

#[actix_web::test]
async fn the_key_set_comes_with_its_age() {
    let jwks = jwks(&[&Issuer::es256()]);
    let address = serve(&jwks);

    let document = HttpJwks::new(&format!("{address}/.well-known/jwks.json")).unwrap().fetch().await.unwrap();

    let expected = JwksDocument { body: jwks.to_string().into_bytes(), max_age: Some(Duration::from_mins(15)) };
    assert_eq!(document, expected);
}

#[actix_web::test]
async fn redirects_errors_and_floods_are_no_key_set() {
    let address = serve(&jwks(&[&Issuer::es256()]));
    let fetch = |path: &str| {
        let source = HttpJwks::new(&format!("{address}{path}")).unwrap();
        async move { source.fetch().await }
    };

    assert!(matches!(fetch("/moved").await, Err(JwksError::Status(302))));
    assert!(matches!(fetch("/nothing").await, Err(JwksError::Status(404))));
    assert!(matches!(fetch("/large").await, Err(JwksError::TooLarge)));
}

#[actix_web::test]
async fn the_issuer_alone_tells_where_its_keys_are() {
    let issuer = Issuer::eddsa();
    let address = serve(&jwks(&[&issuer]));
    let verifier = Verifier::builder(&address, AUDIENCE).build().unwrap();
    let claims = issuer::with(claims(), &serde_json::json!({ "iss": address }));

    let verdict = verifier.verify_at(&issuer.sign(&issuer.header(), &claims), issuer::at(issuer::NOW)).await;

    assert!(verdict.is_ok());
}
