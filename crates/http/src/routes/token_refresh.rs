use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::sessions::Authentication;
use doorward_kernel::Secret;
use utoipa::ToSchema;

use crate::{
    App, Body, Caller, FromFields, Problem, Reader, Reply, ValueError, detach,
    session::{bearer, session_cookie},
    view::TokensView,
};

/// The body of `POST /token/refresh`.
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
    request_body = RefreshRequest,
    responses(
        (status = 200, description = "Renewed.", body = TokensView),
    ),
)]
pub(crate) async fn token_refresh(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<RefreshRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let cookie = session_cookie(&request)?;
    one_session(&app.authentication, body.refresh_token.as_ref(), cookie.as_ref(), &request)?;
    let renewed = detach(async move {
        match (body.refresh_token, cookie) {
            (Some(token), _) => Ok(app.authentication.refresh(token.reveal(), &caller.limited).await?),
            (None, Some(value)) => Ok(app.authentication.refresh_cookie(value.reveal()).await?),
            (None, None) => Err(Problem::invalid(vec![ValueError::required().of("refresh_token")])),
        }
    });
    Ok(Reply::renewed(&renewed.await??))
}

/// Returns whether all that the call shows is of one session; what is none of ours is judged later.
fn one_session(
    authentication: &Authentication,
    token: Option<&Secret<String>>,
    cookie: Option<&Secret<String>>,
    request: &HttpRequest,
) -> Result<(), Problem> {
    let by_token = token.and_then(|token| authentication.tokens.open_refresh_token(token.reveal()));
    let by_cookie = cookie.and_then(|value| authentication.tokens.open_cookie(value.reveal()));
    let by_bearer = bearer(request)?.and_then(|token| authentication.session_of(token.reveal()));
    let [by_token, by_cookie] = [by_token, by_cookie].map(|named| named.map(|(session, _)| session));
    let mut named = [by_token, by_cookie, by_bearer].into_iter().flatten();
    let first = named.next();
    if named.all(|other| Some(other) == first) { Ok(()) } else { Err(Problem::session_ambiguous()) }
}
