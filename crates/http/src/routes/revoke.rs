use actix_web::{HttpRequest, HttpResponse, web};

use super::introspect::TokenRequest;
use crate::{App, Problem, detach, known_client::KnownClient};

/// Ends the session of a token, for a resource server that saw it misused (RFC 7009).
///
/// A token that is none of ours, or not good any more, is answered alike.
#[utoipa::path(
    post,
    path = "/token/revoke",
    tag = "resource servers",
    security(("basic" = [])),
    request_body = TokenRequest,
    responses((status = 200, description = "The token is not good, or not any more.")),
)]
pub(crate) async fn revoke(
    request: HttpRequest,
    _: KnownClient,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let body = TokenRequest::read_from(&request, payload).await?;
    detach(async move { app.introspection.revoke(body.token.reveal()).await }).await??;
    Ok(HttpResponse::Ok().finish())
}
