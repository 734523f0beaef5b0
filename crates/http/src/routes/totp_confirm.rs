use actix_web::{HttpResponse, web};
use doorward_otp::Code;
use utoipa::ToSchema;

use crate::{Api, Body, Caller, FromFields, MayBind, Problem, Reader, detach, view::ConfirmedView};

/// What `POST /totp/confirm` takes.
#[derive(ToSchema)]
pub(crate) struct ConfirmRequest {
    /// The code that the app shows, as a string: zeros lead.
    #[schema(value_type = String, example = "012345")]
    otp: Code,
}

impl FromFields for ConfirmRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        fields.required("otp", Code::parse).map(|otp| Self { otp })
    }
}

/// Switches an authenticator app on by its first code.
///
/// From now on logins ask for its codes. The recovery codes are shown this once. In a session
/// that may only bind, an app that takes the place of another one counts later, unless its owner
/// objects; there are no recovery codes then until they are made anew.
#[utoipa::path(
    post,
    path = "/totp/confirm",
    tag = "factors",
    security(("bearer" = []), ("cookie" = [])),
    request_body(content((ConfirmRequest = "application/json"), (ConfirmRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The app is on.", body = ConfirmedView),
    ),
)]
pub(crate) async fn totp_confirm(
    signed_in: MayBind,
    caller: Caller,
    Body(body): Body<ConfirmRequest>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    let confirmed =
        detach(async move { api.totp.confirm(&signed_in.session, &body.otp, &caller.limited).await }).await??;
    Ok(HttpResponse::Ok().json(ConfirmedView::from(&confirmed)))
}
