use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::answers::Resent;
use doorward_kernel::Secret;
use doorward_otp::Channel;
use utoipa::ToSchema;

use crate::{
    App, Body, Caller, FlowCarrier, FromFields, Problem, Reader, Reply, detach, errors,
    view::{FlowView, SendChannelText},
};

/// The body of `POST /resend_otp`.
#[derive(ToSchema)]
pub(crate) struct ResendRequest {
    /// The flow, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
    /// The way the code shall go: for a number `sms`, `whatsapp` or `voice`; `email` after a right password.
    #[schema(value_type = Option<SendChannelText>, example = "voice")]
    channel: Option<Channel>,
}

impl FromFields for ResendRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let flow_token = fields.optional_secret("flow_token");
        let channel =
            fields.optional("channel", |text| Channel::parse(text).ok_or("must be email, sms, whatsapp or voice"));
        Some(Self { flow_token, channel })
    }
}

/// Sends the code of a flow again: the same code, so a late message stays right.
///
/// Three sends in all, the second after 30 seconds, the third a minute later. Tries and end stay.
///
/// A code to a number goes by the `channel` that is asked for, from then on, and by no other: nothing falls back from a
/// channel that somebody has chosen. One that does not serve the country of the number is 422 `invalid`.
///
/// In a login that began with a right password, `channel: "email"` is the way back for who has
/// lost the second factor: the flow closes, and the one in the answer mails a code that lets
/// them bind a new one.
#[utoipa::path(
    post,
    path = "/resend_otp",
    tag = "flows",
    request_body = ResendRequest,
    responses(
        (status = 202, description = "The code is on its way again.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn resend_otp(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<ResendRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let flow = FlowCarrier::required(&request, body.flow_token.as_ref(), &app.verification).await?;
    let clock = app.verification.clock_and_ids.clock.clone();
    let resent = detach(async move { app.resend(flow.id, body.channel, &caller.limited).await }).await?;
    let failed = |error| Reply::to(&request).map(|reply| reply.failed(errors::resend(error, clock.now()), flow));
    match resent {
        Ok(Resent::Again(view)) => Ok(Reply::resent(&view)),
        Ok(Resent::ByMail(next)) => Ok(Reply::to(&request)?.goes_on(&next, flow)),
        Err(error) => Err(failed(error)?),
    }
}
