//! A service that is not Doorward and serves Doorward's users: one route, one argument.
//!
//! ```sh
//! ISSUER=http://127.0.0.1:8080 cargo run -p doorward-verifier --example orders_service --features actix
//! curl -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:8081/orders
//! ```
//!
//! `AUDIENCE` is the issuer if not set, as in Doorward; `JWKS_URL` and `LISTEN` may be set too.

use std::{env, error::Error};

use actix_web::{App, HttpResponse, HttpServer, get, post, web};
use doorward_verifier::{
    Acr, Verifier,
    actix::{AccessToken, Rejection},
};
use serde_json::json;

#[get("/orders")]
async fn list_orders(token: AccessToken) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "customer": token.claims().sub, "orders": [] }))
}

#[post("/orders")]
async fn place_order(token: AccessToken) -> Result<HttpResponse, Rejection> {
    token.require_acr(Acr::Aal2)?;
    Ok(HttpResponse::Created().json(json!({ "customer": token.claims().sub })))
}

/// The routes; the verifier is for the caller to bring.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(list_orders).service(place_order);
}

#[actix_web::main]
#[allow(clippy::disallowed_methods, reason = "Four settings need no layer of their own.")]
async fn main() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let issuer = setting("ISSUER", "http://127.0.0.1:8080");
    let builder = Verifier::builder(&issuer, setting("AUDIENCE", &issuer));
    let verifier = match env::var("JWKS_URL") {
        Ok(url) => builder.jwks_url(url).build()?,
        Err(_) => builder.build()?,
    };

    let app = move || App::new().app_data(web::Data::new(verifier.clone())).configure(routes);
    let server = HttpServer::new(app).workers(2).bind(setting("LISTEN", "127.0.0.1:8081"))?;
    for address in server.addrs() {
        eprintln!("listening on http://{address}");
    }
    Ok(server.run().await?)
}
