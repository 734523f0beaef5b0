use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, HeaderValue},
    web,
};

use crate::{App, Body, body::NoFields, view::KeySetView};

/// Verifiers may keep the keys for five minutes: next keys are shown a day before their use.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The public keys that verify access tokens (RFC 7517): next, current and past ones.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "keys",
    responses((status = 200, description = "The keys.", headers(("Cache-Control" = String)), body = KeySetView)),
)]
pub(crate) async fn jwks(_: Body<NoFields>, app: web::Data<App>) -> HttpResponse {
    let keys = app.authentication.signer.public_keys();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, CACHE)).json(KeySetView::from(keys))
}
