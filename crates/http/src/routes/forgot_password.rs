use actix_web::{HttpRequest, HttpResponse, web};
use doorward_kernel::EmailAddress;
use doorward_session::Carrier;
use utoipa::ToSchema;

use super::fields;
use crate::{
    App, Body, Caller, FromFields, Problem, Reader, Reply, detach, or_puzzle,
    view::{CarrierText, FlowView},
};

/// The body of `POST /forgot_password`.
#[derive(ToSchema)]
pub(crate) struct ForgotPasswordRequest {
    /// The address of the account.
    #[schema(value_type = String, format = Email, example = "ada@example.com")]
    email: EmailAddress,
    /// `token` for clients that keep the flow by themselves; otherwise a cookie is set, too.
    #[schema(value_type = Option<CarrierText>, example = "token")]
    carrier: Option<Carrier>,
}

impl FromFields for ForgotPasswordRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let email = fields.required("email", EmailAddress::parse);
        let carrier = fields.optional("carrier", fields::carrier);
        Some(Self { email: email?, carrier })
    }
}

/// Mails a code that sets a new password, if the address has an account; the answer is the same if it has none.
///
/// Several may be open at once; the first that succeeds closes the others. An account whose address has just been changed cannot be
/// recovered by the new one for a day.
#[utoipa::path(
    post,
    path = "/forgot_password",
    tag = "recovery",
    params(("x-puzzle-answer" = Option<String>, Header, description = "The answer to the `puzzle` of a refusal.")),
    request_body = ForgotPasswordRequest,
    responses(
        (status = 202, description = "A code is on its way; go on with `/reset_password`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn forgot_password(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<ForgotPasswordRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let verification = app.verification.clone();
    let started = detach(async move {
        let started = app.recovery.request(body.email, &caller.limited).await;
        or_puzzle(started, &app.verification.limiter, &caller.limited).await
    });
    let flow = started.await??;
    Ok(Reply::to(&request)?.started(&flow, body.carrier, &verification).await)
}
