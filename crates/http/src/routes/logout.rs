use actix_web::{HttpRequest, HttpResponse, web};

use crate::{AnySession, App, Body, Problem, Reply, body::NoFields, detach};

/// The data that a browser should drop with the session. Not `"cookies"`: that would take the device
/// cookie, too, and those of sibling services; our own are cleared by name.
const CLEAR_SITE_DATA: (&str, &str) = ("Clear-Site-Data", "\"cache\", \"storage\"");

/// Ends the session at once, everywhere.
#[utoipa::path(
    post,
    path = "/logout",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (
            status = 204,
            description = "The session has ended.",
            headers(
                ("Set-Cookie" = String),
                ("Clear-Site-Data" = String, description = "What a browser should drop with the session."),
            ),
        ),
    ),
)]
pub(crate) async fn logout(
    request: HttpRequest,
    signed_in: AnySession,
    _: Body<NoFields>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (ended, tokens) = (signed_in.session.session.id, app.authentication.tokens.clone());
    detach(async move { app.authentication.logout(&signed_in.session).await }).await??;
    let reply = Reply::to(&request)?;
    let mut response = HttpResponse::NoContent();
    reply.end_session(&mut response, ended, &*tokens);
    Ok(response.insert_header(CLEAR_SITE_DATA).finish())
}
