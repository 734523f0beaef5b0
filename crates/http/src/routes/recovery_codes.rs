use actix_web::{HttpResponse, web};

use super::totp_remove::PasswordAndCodeRequest;
use crate::{App, Body, Caller, FullSession, Problem, detach, view::RecoveryCodesView};

/// Makes new recovery codes, which take the place of all former ones.
///
/// They are shown this once.
#[utoipa::path(
    post,
    path = "/recovery_codes",
    tag = "factors",
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordAndCodeRequest,
    responses(
        (status = 200, description = "The new codes.", body = RecoveryCodesView),
    ),
)]
pub(crate) async fn recovery_codes(
    signed_in: FullSession,
    caller: Caller,
    Body(body): Body<PasswordAndCodeRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let renewed = async move {
        app.totp.renew_recovery_codes(&signed_in.session, &body.password, &body.otp, &caller.limited).await
    };
    let codes = detach(renewed).await??;
    Ok(HttpResponse::Ok().json(RecoveryCodesView::from(codes.as_slice())))
}
