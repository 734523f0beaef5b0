use actix_web::{HttpRequest, HttpResponse, web};
use doorward_session::Carrier;
use utoipa::ToSchema;

use super::fields;
use crate::{
    App, Body, Caller, FromFields, FullSession, Problem, Reader, Reply, detach,
    view::{CarrierText, FlowView},
};

/// The body of `POST /step_up`.
#[derive(ToSchema)]
pub(crate) struct StepUpRequest {
    /// `token` for clients that keep the flow by themselves.
    #[schema(value_type = Option<CarrierText>, example = "token")]
    carrier: Option<Carrier>,
}

impl FromFields for StepUpRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        Some(Self { carrier: fields.optional("carrier", fields::carrier) })
    }
}

/// Asks for a fresh verification of the strongest factor that the account holds.
///
/// The flow is good in this session only: call `/otp_verification` with both. An account that
/// has nothing but its password gets 409; its changes ask for the password and no more.
#[utoipa::path(
    post,
    path = "/step_up",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    request_body = StepUpRequest,
    responses(
        (status = 202, description = "A code is on its way; go on with `/otp_verification`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn step_up(
    request: HttpRequest,
    caller: Caller,
    signed_in: FullSession,
    Body(body): Body<StepUpRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let verification = app.verification.clone();
    let flow = detach(async move { app.step_up.start(&signed_in.session, &caller.limited).await }).await??;
    Ok(Reply::to(&request)?.started(&flow, body.carrier, &verification).await)
}
