use std::future::Future;

use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::{
    SignedIn,
    binding::Bound,
    flow::{self, LoginStep},
    limits::Attempt,
    sessions::Grant,
};
use doorward_kernel::{Secret, Timestamp};
use doorward_otp::{ProofCode, Purpose, Step};
use doorward_user::User;
use utoipa::ToSchema;

use crate::{
    App, Body, Caller, FlowCarrier, FromFields, Problem, ProblemCode, Reader, Reply, detach,
    signed_in::authenticate,
    view::{FlowView, HeldView, VerifiedView},
};

/// The body of `POST /otp_verification`.
#[derive(ToSchema)]
pub(crate) struct ProofRequest {
    /// The code, as a string: zeros lead. Where the channel is `totp`, a recovery code will do, too.
    #[schema(value_type = String, example = "012345")]
    otp: ProofCode,
    /// The flow, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
}

impl FromFields for ProofRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let otp = fields.required("otp", ProofCode::parse);
        let flow_token = fields.optional_secret("flow_token");
        Some(Self { otp: otp?, flow_token })
    }
}

/// The result of a right code.
enum Verified {
    SignedIn { signed_in: Box<SignedIn>, is_of_another_account: bool },
    More(flow::FlowView),
    Changed(Box<User>),
    Held(Box<User>, Timestamp),
    SteppedUp(Box<SignedIn>),
}

/// Proves a number by the code that was sent to it, or an authenticator app by the code it shows.
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
            body = VerifiedView,
        ),
        (status = 202, description = "More proof is needed; go on with `next`.", body = FlowView),
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
    let verified = detach(verify(app.clone(), flow, body.otp, caller, session)).await?;
    let verified = verified.map_err(|error| reply.failed(error, flow))?;
    Ok(match verified {
        Verified::SignedIn { signed_in, is_of_another_account } => {
            reply.end_replaced(&app.authentication, &signed_in.session).await;
            let grant = Grant { is_of_another_account, ..app.authentication.grant(*signed_in)? };
            reply.signed_in(&grant, Some(flow))
        }
        Verified::SteppedUp(signed_in) => reply.signed_in(&app.authentication.renewal(*signed_in)?, Some(flow)),
        Verified::More(next) => reply.goes_on(&next, flow),
        Verified::Changed(user) => {
            let answer = reply.ended(&VerifiedView::Changed(Box::new((&*user).into())), flow);
            reply.renew_own_cookie(answer, &app.authentication, &user).await?
        }
        Verified::Held(user, due_at) => reply.ended(&VerifiedView::Held(Box::new(HeldView::new(&user, due_at))), flow),
    })
}

async fn verify(
    app: web::Data<App>,
    flow: FlowCarrier,
    code: ProofCode,
    caller: Caller,
    session: impl Future<Output = Result<SignedIn, Problem>>,
) -> Result<Verified, Problem> {
    let attempt = app.verification.find_open(flow.id, &[Step::SmsCode, Step::Totp], &caller.limited).await?;
    let is_of_another_account = attempt.challenge.is_of_another_account();
    let signed_in = |step| Verified::of(step, is_of_another_account);
    match attempt.challenge.purpose {
        Purpose::Login if attempt.challenge.step == Step::Totp => {
            Ok(signed_in(app.phone_login.verify_totp(attempt, &code, flow.carrier, caller.client).await?))
        }
        Purpose::Login => {
            let code = app.verification.sent_code(&attempt, code).await?;
            Ok(signed_in(app.phone_login.verify(attempt, &code, flow.carrier, caller.client).await?))
        }
        Purpose::ChangePhone => {
            let code = app.verification.sent_code(&attempt, code).await?;
            Ok(Verified::Changed(Box::new(app.profile.verify_phone(attempt, &code).await?)))
        }
        Purpose::StepUp => step_up(&app, attempt, code, session).await,
        Purpose::Bind => {
            let code = app.verification.sent_code(&attempt, code).await?;
            Ok(match app.binding.verify_number(attempt, &code).await? {
                Bound::Now(user) => Verified::Changed(user),
                Bound::Held(user, due_at) => Verified::Held(user, due_at),
            })
        }
        Purpose::Register | Purpose::ChangeEmail | Purpose::ResetPassword => {
            Err(app.verification.not_for_this(&attempt).into())
        }
    }
}

/// Renews the session of the call; a call whose session cannot be told is not looked at.
async fn step_up(
    app: &App,
    attempt: Attempt,
    code: ProofCode,
    session: impl Future<Output = Result<SignedIn, Problem>>,
) -> Result<Verified, Problem> {
    match own_session(session).await {
        Ok(signed_in) => Ok(Verified::SteppedUp(Box::new(app.step_up.verify(attempt, code, signed_in).await?))),
        Err(problem) => {
            app.verification.not_for_this(&attempt);
            Err(problem)
        }
    }
}

impl Verified {
    fn of(step: LoginStep, is_of_another_account: bool) -> Self {
        match step {
            LoginStep::SignedIn(signed_in) => Self::SignedIn { signed_in, is_of_another_account },
            LoginStep::More(flow) => Self::More(flow),
        }
    }
}

/// The session of the call; none where it shows none that is good.
async fn own_session(session: impl Future<Output = Result<SignedIn, Problem>>) -> Result<Option<SignedIn>, Problem> {
    match session.await {
        Ok(signed_in) => Ok(Some(signed_in)),
        Err(problem) if problem.code() == ProblemCode::Unauthenticated => Ok(None),
        Err(problem) => Err(problem),
    }
}
