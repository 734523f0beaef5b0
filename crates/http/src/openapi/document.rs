use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ContentType},
    web,
};
use utoipa::{OpenApi, openapi::Server};

use crate::{Body, HttpSettings, body::NoFields, routes::Documented};

/// The OpenAPI 3.1 document as JSON, for a service at no address in particular.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&Documented::openapi())
}

/// The OpenAPI document of this service.
pub(crate) async fn document(_: Body<NoFields>, settings: web::Data<HttpSettings>) -> HttpResponse {
    let mut document = Documented::openapi();
    document.servers = Some(vec![Server::new(settings.base_url())]);
    let cache = (CACHE_CONTROL, "public, max-age=300");
    HttpResponse::Ok().insert_header(ContentType::json()).insert_header(cache).json(document)
}
