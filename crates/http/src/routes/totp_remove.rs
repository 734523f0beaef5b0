use actix_web::{HttpRequest, HttpResponse, web};
use doorward_otp::EnteredCode;
use doorward_user::Password;
use utoipa::ToSchema;

use crate::{App, Body, Caller, FromFields, FullSession, Problem, Reader, Reply, detach};

/// The body of `POST /totp/remove` and `POST /recovery_codes`.
#[derive(ToSchema)]
pub(crate) struct PasswordAndCodeRequest {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    pub(super) password: Password,
    /// The code that the app shows, or a recovery code.
    #[schema(value_type = String, example = "012345")]
    pub(super) otp: EnteredCode,
}

impl FromFields for PasswordAndCodeRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let password = fields.required("password", Password::parse);
        let otp = fields.required("otp", EnteredCode::parse);
        Some(Self { password: password?, otp: otp? })
    }
}

/// Removes the authenticator app and its recovery codes.
#[utoipa::path(
    post,
    path = "/totp/remove",
    tag = "factors",
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordAndCodeRequest,
    responses(
        (status = 204, description = "The app is removed; logins no longer ask for its codes.", headers(("Set-Cookie" = String))),
    ),
)]
pub(crate) async fn totp_remove(
    request: HttpRequest,
    signed_in: FullSession,
    caller: Caller,
    Body(body): Body<PasswordAndCodeRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (authentication, session) = (app.authentication.clone(), signed_in.session.clone());
    detach(async move { app.totp.remove(&signed_in.session, &body.password, &body.otp, &caller.limited).await })
        .await??;
    Reply::to(&request)?.renew_cookie(HttpResponse::NoContent().finish(), &authentication, session).await
}
