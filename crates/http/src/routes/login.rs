use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::{
    answers::{PasswordAnswer, PasswordAnswerError},
    flow::{FlowView as FlowStarted, FoundFlow, LoginStep},
    limits::{self, CallKind},
    sessions::Grant,
};
use doorward_kernel::{EmailAddress, PhoneNumber, Secret};
use doorward_otp::{Step, Target};
use doorward_session::Carrier;
use doorward_user::Password;
use utoipa::ToSchema;

use super::fields;
use crate::{
    App, Body, Caller, FlowCarrier, FromFields, Problem, Reader, Reply, ResumableFlows, ValueError, detach, has_bearer,
    or_puzzle,
    view::{CarrierText, FlowView, TokensView},
};

/// The body of `POST /login`: a number, an address, or a password with either or with a flow.
#[derive(ToSchema)]
pub(crate) struct LoginRequest {
    /// The number to log in by, E.164; with `password`, one that the account's owner has verified.
    #[schema(value_type = Option<String>, example = "+14155552671")]
    phone_number: Option<PhoneNumber>,
    /// The address of the account.
    #[schema(value_type = Option<String>, format = Email, example = "ada@example.com")]
    email: Option<EmailAddress>,
    /// The password of the account.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Password>,
    /// The flow to go on with, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
    /// `token` for clients that keep flow and session by themselves; otherwise a cookie is set, too.
    #[schema(value_type = Option<CarrierText>, example = "token")]
    carrier: Option<Carrier>,
    /// The token that an earlier login gave this client; it makes the client known and verifies nothing.
    /// Of a login without one the owner is told by mail, once a day.
    #[schema(value_type = Option<String>, example = "dt_…")]
    device_token: Option<Secret<String>>,
}

impl FromFields for LoginRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let phone_number = fields.optional_phone("phone_number");
        let email = fields.optional("email", EmailAddress::parse);
        let password = fields.optional("password", Password::parse);
        let flow_token = fields.optional_secret("flow_token");
        let carrier = fields.optional("carrier", fields::carrier);
        let device_token = fields.optional_secret("device_token");
        match ["phone_number", "email", "password"].map(|name| fields.is_given(name)) {
            [true, true, _] => {
                fields.refuse("phone_number", ValueError::new("conflict", "must not be given with email"));
            }
            [false, false, false] => {
                fields.refuse("phone_number", ValueError::new("required", "or email or password must be given"));
            }
            [true, false, _] | [false, true, _] | [false, false, true] => {}
        }
        Some(Self { phone_number, email, password, flow_token, carrier, device_token })
    }
}

/// Starts a login by number, by address or by password, or goes on with one by password.
///
/// By number: a code goes out by SMS if anybody carries the number; a flow that `/verify_email`
/// gave makes it the first login of that account. By address: the password is asked for next.
/// With a password, alone in such a flow or together with address or number: a right one leads
/// to the second factor, a code by SMS to the number on file. Whatever exists, the answers are
/// the same. In a flow by a number that nobody had verified, or that was not used for long, address and password
/// finish the login; one that was to continue a registration says `other_account: true` then where another account
/// has verified the number since.
#[utoipa::path(
    post,
    path = "/login",
    tag = "login",
    params(("x-puzzle-answer" = Option<String>, Header, description = "The answer to the `puzzle` of a refusal.")),
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Logged in.", headers(("Set-Cookie" = String)), body = TokensView),
        (status = 202, description = "A step is to be verified; go on with `next`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn login(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<LoginRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let identifier = body.phone_number.map(Target::Phone).or(body.email.map(Target::Email));
    let caller = caller.with_device(body.device_token);
    let reply = Reply::to(&request)?;
    match (identifier, body.password) {
        (Some(identifier), None) => {
            let kind = if identifier.phone().is_some() { CallKind::Start } else { CallKind::Plain };
            let call = (identifier.clone(), kind);
            let flow = resumed(&app, &request, body.flow_token.as_ref(), call, &caller.limited).await?;
            let flow = flow.map(|(flow, _)| flow);
            let started = detach(start(app.clone(), identifier, flow, caller.limited)).await??;
            Ok(reply.started(&started, body.carrier, &app.verification).await)
        }
        (identifier, Some(password)) => {
            let asked = asked(&app, &request, body.flow_token.as_ref(), identifier.as_ref(), &caller.limited);
            let (flow, of_flow) = asked.await?;
            let by_itself = if has_bearer(&request) { Carrier::Token } else { Carrier::Cookie };
            let carrier = of_flow.map(|flow| flow.carrier).or(body.carrier).unwrap_or(by_itself);
            let is_of_another_account = flow.as_ref().is_some_and(|flow| flow.challenge.is_of_another_account());
            let Caller { limited: caller, client } = caller;
            let answer = PasswordAnswer { identifier, password, attempt: flow, carrier, client, caller };
            let step = {
                let app = app.clone();
                detach(async move { app.answer_password(answer).await }).await?
            };
            let failed = |error: PasswordAnswerError| {
                of_flow.into_iter().fold(Problem::from(error), |problem, flow| reply.failed(problem, flow))
            };
            match (step.map_err(failed)?, of_flow) {
                (LoginStep::SignedIn(signed_in), flow) => {
                    reply.end_replaced(&app.authentication, &signed_in.session).await;
                    let grant = Grant { is_of_another_account, ..app.authentication.grant(*signed_in)? };
                    Ok(reply.signed_in(&grant, flow))
                }
                (LoginStep::More(next), Some(flow)) => Ok(reply.goes_on(&next, flow)),
                (LoginStep::More(next), None) => Ok(reply.started(&next, body.carrier, &app.verification).await),
            }
        }
        (None, None) => Err(Problem::malformed("a login takes a number, an address or a password")),
    }
}

/// The flow that a start names, if it may be gone on with, and how the call carried it.
async fn resumed(
    app: &web::Data<App>,
    request: &HttpRequest,
    token: Option<&Secret<String>>,
    (identifier, kind): (Target, CallKind),
    caller: &limits::Caller,
) -> Result<Option<(FoundFlow, FlowCarrier)>, Problem> {
    let resumable = ResumableFlows::of(request, token, &app.verification).await?;
    let (by_token, by_cookies) = (resumable.by_token, resumable.by_cookies.clone());
    let (app, caller) = (app.clone(), caller.clone());
    let flow = async move { app.verification.resumed((by_token, &by_cookies), (&identifier, kind), &caller).await };
    let flow = detach(flow).await??;
    Ok(flow.map(|flow| {
        let carrier = resumable.carrier_of(flow.challenge.id);
        (flow, carrier)
    }))
}

/// A try at the step that asked for the password, and how the call carries its flow; `None` when both come at once.
///
/// A password alone needs one. With an address or number, a cookie of another flow is ignored as
/// by any start, and a number never goes on with a flow that it did not start.
async fn asked(
    app: &web::Data<App>,
    request: &HttpRequest,
    token: Option<&Secret<String>>,
    identifier: Option<&Target>,
    caller: &limits::Caller,
) -> Result<(Option<limits::Attempt>, Option<FlowCarrier>), Problem> {
    let Some(identifier) = identifier else {
        let flow = FlowCarrier::required(request, token, &app.verification).await?;
        let (id, app, caller) = (flow.id, app.clone(), caller.clone());
        let attempt = async move { app.verification.find_open(id, &[Step::Password], &caller).await };
        return Ok((Some(detach(attempt).await??), Some(flow)));
    };
    match resumed(app, request, token, (identifier.clone(), CallKind::Check), caller).await? {
        Some((flow, carried)) if App::asks_password_of(&flow.challenge, identifier) => {
            let (app, caller) = (app.clone(), caller.clone());
            let attempt = detach(async move { app.verification.attempt(flow, &caller).await }).await??;
            Ok((Some(attempt), Some(carried)))
        }
        Some((_, FlowCarrier { carrier: Carrier::Token, .. })) => Err(Problem::flow_closed()),
        Some(_) | None => Ok((None, None)),
    }
}

async fn start(
    app: web::Data<App>,
    identifier: Target,
    flow: Option<FoundFlow>,
    caller: limits::Caller,
) -> Result<FlowStarted, Problem> {
    match identifier {
        Target::Phone(number) => {
            let started = app.phone_login.start(number, flow, &caller).await;
            or_puzzle(started, &app.verification.limiter, &caller).await
        }
        Target::Email(email) => Ok(app.password_login.start(email, &caller).await?),
    }
}
