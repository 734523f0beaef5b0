use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::recovery::ResetStep;
use doorward_kernel::Secret;
use doorward_otp::EnteredCode;
use doorward_user::NewPassword;
use utoipa::ToSchema;

use super::fields;
use crate::{
    App, Body, Caller, FlowCarrier, FromFields, Problem, Reader, Reply, detach,
    view::{Done, FlowView},
};

/// The body of `POST /reset_password`.
#[derive(ToSchema)]
pub(crate) struct ResetPasswordRequest {
    /// The code, as a string: zeros lead. Where the channel is `totp`, a recovery code will do, too.
    #[schema(value_type = String, example = "012345")]
    otp: EnteredCode,
    /// The new password.
    #[schema(value_type = String, format = Password)]
    new_password: NewPassword,
    /// The flow, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
}

impl FromFields for ResetPasswordRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let otp = fields.required("otp", EnteredCode::parse);
        // Whose password it is, is not known yet; the use case checks it again.
        let new_password = fields::required_new_password(fields, "new_password", &[]);
        let flow_token = fields.optional_secret("flow_token");
        Some(Self { otp: otp?, new_password: new_password?, flow_token })
    }
}

/// Sets a new password with the mailed code.
///
/// An account with an authenticator app is asked for a code of it, or a recovery code, after the
/// mailed one: call again with that and the password, in the flow of the answer.
/// A password that is refused spends no try. Every session of the account ends, everything
/// under way for it is closed, its address is told, and nobody is logged in.
#[utoipa::path(
    post,
    path = "/reset_password",
    tag = "recovery",
    request_body = ResetPasswordRequest,
    responses(
        (status = 200, description = "The password is the new one.", headers(("Set-Cookie" = String)), body = Done),
        (status = 202, description = "A code of the authenticator app is to be given, too, with the password again.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn reset_password(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<ResetPasswordRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let flow = FlowCarrier::required(&request, body.flow_token.as_ref(), &app.verification).await?;
    let reply = Reply::to(&request)?;
    let ResetPasswordRequest { otp, new_password, .. } = body;
    let reset = async move { app.answer_reset(flow.id, otp, &new_password, &caller.limited).await };
    let reset = detach(reset).await?;
    Ok(match reset.map_err(|error| reply.failed(error, flow))? {
        ResetStep::Done => reply.ended(&Done {}, flow),
        ResetStep::More(next) => reply.goes_on(&next, flow),
    })
}
