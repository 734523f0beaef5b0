use actix_web::{HttpRequest, HttpResponse, web};
use doorward_kernel::SessionId;

use crate::{
    App, Body, FullSession, Problem, Reply,
    body::NoFields,
    detach,
    view::{SessionView, SessionsAnswer},
};

/// The live sessions of the account, the last used first.
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "The sessions.", body = SessionsAnswer),
    ),
)]
pub(crate) async fn list(
    signed_in: FullSession,
    _: Body<NoFields>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let current = signed_in.session.session.id;
    let sessions = app.authentication.list(&signed_in.session).await?;
    let sessions = sessions.iter().map(|session| SessionView::new(session, current)).collect();
    Ok(HttpResponse::Ok().json(SessionsAnswer { sessions }))
}

/// Ends one session of the account at once, everywhere; it may be the one of the call.
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = String, Path, description = "The session.")),
    responses(
        (status = 204, description = "The session has ended.", headers(("Set-Cookie" = String))),
    ),
)]
pub(crate) async fn end(
    request: HttpRequest,
    id: web::Path<String>,
    signed_in: FullSession,
    _: Body<NoFields>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let session = SessionId::parse(&id).ok_or_else(Problem::not_found)?;
    let tokens = app.authentication.tokens.clone();
    detach(async move { app.authentication.end(&signed_in.session, session).await }).await??;
    let mut response = HttpResponse::NoContent();
    Reply::to(&request)?.end_session(&mut response, session, &*tokens);
    Ok(response.finish())
}

/// Ends all sessions of the account but the one of the call, at once, everywhere.
#[utoipa::path(
    delete,
    path = "/sessions",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "The other sessions have ended."),
    ),
)]
pub(crate) async fn end_others(
    signed_in: FullSession,
    _: Body<NoFields>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    detach(async move { app.authentication.end_others(&signed_in.session).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}
