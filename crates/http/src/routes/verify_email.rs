use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::answers::{Answer, EmailCodeAnswered};
use doorward_kernel::Secret;
use doorward_otp::Code;
use utoipa::ToSchema;

use crate::{
    App, Body, Caller, FlowCarrier, FromFields, Problem, Reader, Reply, detach,
    view::{RegisteredView, UserAnswer, VerifiedAddressView},
};

/// The body of `POST /verify_email`.
#[derive(ToSchema)]
pub(crate) struct CodeRequest {
    /// The code, as a string: zeros lead.
    #[schema(value_type = String, example = "012345")]
    otp: Code,
    /// The flow, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
}

impl FromFields for CodeRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let otp = fields.required("otp", Code::parse);
        let flow_token = fields.optional_secret("flow_token");
        Some(Self { otp: otp?, flow_token })
    }
}

/// Verifies an address by the code that was mailed to it.
///
/// Ends a registration or a change of address. It never logs in: an e-mailed code verifies an
/// address, not a person. After a right password, when the second factor is lost, it opens a
/// session of 15 minutes that may only bind a new one (`acr: binding`).
#[utoipa::path(
    post,
    path = "/verify_email",
    tag = "registration",
    request_body = CodeRequest,
    responses(
        (status = 200, description = "The address was changed; or, after a right password, a session that may only bind.", headers(("Set-Cookie" = String)), body = VerifiedAddressView),
        (status = 201, description = "The account exists; go on with `/login`.", headers(("Set-Cookie" = String)), body = RegisteredView),
    ),
)]
pub(crate) async fn verify_email(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<CodeRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let flow = FlowCarrier::required(&request, body.flow_token.as_ref(), &app.verification).await?;
    let reply = Reply::to(&request)?;
    let Caller { limited: caller, client } = caller;
    let answer = Answer { flow: flow.id, code: body.otp, carrier: flow.carrier, client, caller };
    let answered = {
        let app = app.clone();
        detach(async move { app.answer_email_code(answer).await }).await?
    };
    Ok(match answered.map_err(|error| reply.failed(error, flow))? {
        EmailCodeAnswered::Registered(registered) => {
            let mut created = HttpResponse::Created();
            reply.hand_over(&mut created, &registered.continuation, flow);
            created.json(RegisteredView::from(&*registered))
        }
        EmailCodeAnswered::Changed(user) => {
            let answer = reply.ended(&UserAnswer::from(&*user), flow);
            reply.renew_own_cookie(answer, &app.authentication, &user).await?
        }
        EmailCodeAnswered::MayBind(signed_in) => {
            reply.end_replaced(&app.authentication, &signed_in.session).await;
            reply.signed_in(&app.authentication.renewal(*signed_in)?, Some(flow))
        }
    })
}
