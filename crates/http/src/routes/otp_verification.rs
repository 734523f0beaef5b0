use std::future::Future;

use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::{
    SignedIn,
    answers::{Answer, CodeAnswered},
    sessions::Grant,
};
use doorward_kernel::Secret;
use doorward_otp::EnteredCode;
use utoipa::ToSchema;

use crate::{
    App, Body, Caller, FlowCarrier, FromFields, Problem, ProblemCode, Reader, Reply, detach,
    session::authenticate,
    view::{FlowView, PendingNumberView, VerifiedView},
};

/// The body of `POST /otp_verification`.
#[derive(ToSchema)]
pub(crate) struct ProofRequest {
    /// The code, as a string: zeros lead. Where the channel is `totp`, a recovery code will do, too.
    #[schema(value_type = String, example = "012345")]
    otp: EnteredCode,
    /// The flow, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
}

impl FromFields for ProofRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let otp = fields.required("otp", EnteredCode::parse);
        let flow_token = fields.optional_secret("flow_token");
        Some(Self { otp: otp?, flow_token })
    }
}

/// Verifies a number by the code that was sent to it, or an authenticator app by the code it shows.
///
/// Ends a login with a session, carried as this call carried the flow, or a change of number,
/// or a step-up, which must come with the session it was started in and renews that.
/// A login that was to continue a registration says `other_account: true` where another account
/// has verified the number since: the session is that one's.
/// A login to an account with an authenticator app answers 202 and asks for a code of it; one
/// by a number that nobody has verified, or that no login has used for long, answers 202 and asks for
/// address and password.
#[utoipa::path(
    post,
    path = "/otp_verification",
    tag = "login",
    request_body = ProofRequest,
    responses(
        (
            status = 200,
            description = "Logged in, or the session renewed; or, for a change of number, the account, and when the number takes effect if not at once.",
            headers(("Set-Cookie" = String)),
            body = VerifiedView,
        ),
        (status = 202, description = "More proof is needed; go on with `next`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn otp_verification(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<ProofRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let flow = FlowCarrier::required(&request, body.flow_token.as_ref(), &app.verification).await?;
    let session = authenticate(&request);
    let reply = Reply::to(&request)?;
    let Caller { limited: caller, client } = caller;
    let answer = Answer { flow: flow.id, code: body.otp, carrier: flow.carrier, client, caller };
    let answered = {
        let app = app.clone();
        detach(async move { app.answer_code(answer, own_session(session)).await }).await?
    };
    Ok(match answered.map_err(|problem| reply.failed(problem, flow))? {
        CodeAnswered::SignedIn { signed_in, is_of_another_account } => {
            reply.end_replaced(&app.authentication, &signed_in.session).await;
            let grant = Grant { is_of_another_account, ..app.authentication.grant(*signed_in)? };
            reply.signed_in(&grant, Some(flow))
        }
        CodeAnswered::SteppedUp(signed_in) => reply.signed_in(&app.authentication.renewal(*signed_in)?, Some(flow)),
        CodeAnswered::More(next) => reply.goes_on(&next, flow),
        CodeAnswered::Changed(user) => {
            let answer = reply.ended(&VerifiedView::Changed(Box::new((&*user).into())), flow);
            reply.renew_own_cookie(answer, &app.authentication, &user).await?
        }
        CodeAnswered::Pending(user, due_at) => {
            reply.ended(&VerifiedView::Pending(Box::new(PendingNumberView::new(&user, due_at))), flow)
        }
    })
}

/// The session of the call; none where it shows none that is good.
async fn own_session(session: impl Future<Output = Result<SignedIn, Problem>>) -> Result<Option<SignedIn>, Problem> {
    match session.await {
        Ok(signed_in) => Ok(Some(signed_in)),
        Err(problem) if problem.code() == ProblemCode::Unauthenticated => Ok(None),
        Err(problem) => Err(problem),
    }
}
