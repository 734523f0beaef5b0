use actix_web::{HttpRequest, HttpResponse, web};
use doorward_kernel::Secret;
use utoipa::ToSchema;

use crate::{
    Api, Body, Fault, FromFields, Problem, Reader, Reply, detach, signed_in::session_cookie, view::TokensView,
};

/// What `POST /token/refresh` takes.
#[derive(ToSchema)]
pub(crate) struct RefreshRequest {
    /// The refresh token; a client that holds its session by cookie gives none.
    #[schema(value_type = Option<String>, example = "rt_…")]
    refresh_token: Option<Secret<String>>,
}

impl FromFields for RefreshRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        Some(Self { refresh_token: fields.optional_secret("refresh_token") })
    }
}

/// Renews a session: spends the refresh token for its successor, or takes the session cookie.
///
/// A token that was just spent gets the same successor again for a few seconds, so a lost
/// answer is a retry. An older one ends the session: somebody has a copy.
#[utoipa::path(
    post,
    path = "/token/refresh",
    tag = "sessions",
    request_body(content((RefreshRequest = "application/json"), (RefreshRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Renewed.", body = TokensView),
    ),
)]
pub(crate) async fn token_refresh(
    request: HttpRequest,
    Body(body): Body<RefreshRequest>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    let cookie = session_cookie(&request)?;
    let renewed = detach(async move {
        match (body.refresh_token, cookie) {
            (Some(token), _) => api.authentication.refresh(token.reveal()).await.map_err(Problem::from),
            (None, Some(value)) => api.authentication.refresh_cookie(value.reveal()).await.map_err(Problem::from),
            (None, None) => Err(Problem::invalid(vec![Fault::required().of("refresh_token")])),
        }
    });
    Ok(Reply::to(&request)?.renewed(&renewed.await??))
}
