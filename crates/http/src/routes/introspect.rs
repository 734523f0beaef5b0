use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use doorward_kernel::Secret;
use utoipa::ToSchema;

use crate::{
    App, Body, FromFields, Problem, Reader, UnknownFields, known_client::KnownClient, view::IntrospectionView,
};

/// The body of `POST /token/introspect` and `POST /token/revoke`.
#[derive(ToSchema)]
pub(crate) struct TokenRequest {
    /// An access token or a refresh token.
    #[schema(value_type = String)]
    pub(super) token: Secret<String>,
    /// `access_token` or `refresh_token`; not needed, every token tells what it is.
    #[schema(value_type = Option<String>, example = "access_token")]
    #[allow(dead_code, reason = "clients may send it, and a server may look past it (RFC 7662, section 2.1)")]
    token_type_hint: Option<Secret<String>>,
}

impl FromFields for TokenRequest {
    const UNKNOWN_FIELDS: UnknownFields = UnknownFields::Ignored;

    fn read(fields: &mut Reader) -> Option<Self> {
        let token = fields.required_secret("token");
        let token_type_hint = fields.optional_secret("token_type_hint");
        Some(Self { token: token?, token_type_hint })
    }
}

impl TokenRequest {
    /// Reads the body, which is done once the caller is known.
    pub(super) async fn read_from(request: &HttpRequest, payload: web::Payload) -> Result<Self, Problem> {
        Body::from_request(request, &mut payload.into_inner()).await.map(|Body(body)| body)
    }
}

/// Whether a token is good now, for a resource server that must know it exactly (RFC 7662).
///
/// A token that is not valid, for whatever reason, is `{"active": false}` and nothing more.
#[utoipa::path(
    post,
    path = "/token/introspect",
    tag = "resource servers",
    security(("basic" = [])),
    request_body = TokenRequest,
    responses((status = 200, description = "What is known of the token.", body = IntrospectionView)),
)]
pub(crate) async fn introspect(
    request: HttpRequest,
    _: KnownClient,
    payload: web::Payload,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let body = TokenRequest::read_from(&request, payload).await?;
    let introspection = &app.introspection;
    let found = introspection.introspect(body.token.reveal()).await?;
    Ok(HttpResponse::Ok().json(IntrospectionView::new(found, introspection)))
}
