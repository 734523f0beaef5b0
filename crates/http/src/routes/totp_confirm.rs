use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::totp::Confirmed;
use doorward_otp::Code;
use doorward_user::Password;
use utoipa::ToSchema;

use crate::{
    AnySession, App, Body, Caller, FromFields, Problem, Reader, Reply, detach,
    view::{PendingView, RecoveryCodesView},
};

/// The body of `POST /totp/confirm`.
#[derive(ToSchema)]
pub(crate) struct ConfirmRequest {
    /// The code that the app shows, as a string: zeros lead.
    #[schema(value_type = String, example = "012345")]
    otp: Code,
    /// The current password: with it the app counts at once, however the session was opened.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Password>,
}

impl FromFields for ConfirmRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let otp = fields.required("otp", Code::parse);
        let password = fields.optional("password", Password::parse);
        Some(Self { otp: otp?, password })
    }
}

/// Switches an authenticator app on by its first code.
///
/// From now on logins ask for its codes. The recovery codes are shown this once.
///
/// In a session that has verified neither the password nor a second factor it counts later, unless
/// the password comes along; so does one that takes the place of a lost factor. The owner can
/// object until then, and recovery codes come from `/recovery_codes` once it counts.
#[utoipa::path(
    post,
    path = "/totp/confirm",
    tag = "factors",
    security(("bearer" = []), ("cookie" = [])),
    request_body = ConfirmRequest,
    responses(
        (status = 200, description = "The app is on.", headers(("Set-Cookie" = String)), body = RecoveryCodesView),
        (status = 202, description = "The app counts later, unless the owner objects.", headers(("Set-Cookie" = String)), body = PendingView),
    ),
)]
pub(crate) async fn totp_confirm(
    request: HttpRequest,
    signed_in: AnySession,
    caller: Caller,
    Body(body): Body<ConfirmRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (authentication, session) = (app.authentication.clone(), signed_in.session.clone());
    let confirmed = detach(async move {
        let ConfirmRequest { otp, password } = body;
        app.totp.confirm(&signed_in.session, &otp, password.as_ref(), &caller.limited).await
    });
    let answer = match confirmed.await?? {
        Confirmed::Now(codes) => HttpResponse::Ok().json(RecoveryCodesView::from(codes.as_slice())),
        Confirmed::Pending(at) => HttpResponse::Accepted().json(PendingView::from(at)),
    };
    Reply::to(&request)?.renew_cookie(answer, &authentication, session).await
}
