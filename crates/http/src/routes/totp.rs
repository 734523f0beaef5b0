use actix_web::{HttpRequest, HttpResponse, web};

use crate::{AnySession, App, Caller, Fields, Problem, detach, view::TotpSetupView};

/// Begins to set up an authenticator app.
///
/// Key and pictures are shown this once. They do nothing until `/totp/confirm` has seen a code
/// of the app; beginning anew forgets what was begun before.
#[utoipa::path(
    post,
    path = "/totp",
    tag = "factors",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 201, description = "Go on with `/totp/confirm`.", body = TotpSetupView),
    ),
)]
pub(crate) async fn totp(
    request: HttpRequest,
    signed_in: AnySession,
    caller: Caller,
    fields: Fields,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    // It takes nothing; whatever is there is named.
    fields.read_with(&request, |_| Some(()))?;
    let setup = detach(async move { app.totp.begin(&signed_in.session, &caller.limited).await }).await??;
    let view = TotpSetupView::try_from(setup).map_err(Problem::internal)?;
    Ok(HttpResponse::Created().json(view))
}
