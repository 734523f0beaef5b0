use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::{phone_login::PasswordStepError, sessions::SignedIn};
use doorward_kernel::{Client, EmailAddress, PhoneNumber, Secret};
use doorward_otp::Step;
use doorward_session::Carrier;
use doorward_user::Password;
use utoipa::ToSchema;

use super::fields;
use crate::{
    Api, Body, Caller, Fault, FlowCarrier, FromFields, NamedFlows, Problem, Reader, Reply, detach,
    view::{FlowView, TokensView},
};

/// What `POST /login` takes: a number to start, or address and password to finish.
#[derive(ToSchema)]
pub(crate) struct LoginRequest {
    /// The number to log in by, E.164.
    #[schema(value_type = Option<String>, example = "+14155552671")]
    phone_number: Option<PhoneNumber>,
    /// The address of an account that carries the number; with `password` and a flow whose `next` is `login`.
    #[schema(value_type = Option<String>, format = Email, example = "ada@example.com")]
    email: Option<EmailAddress>,
    /// The password of that account.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Password>,
    /// The flow to go on with, where it is not in the cookie.
    #[schema(value_type = Option<String>, example = "fl_…")]
    flow_token: Option<Secret<String>>,
    /// `token` for clients that keep the flow by themselves; otherwise a cookie is set, too.
    #[schema(value_type = Option<String>, example = "token")]
    carrier: Option<Carrier>,
    /// What an earlier login gave this client; it makes the client known and proves nothing.
    #[expect(dead_code, reason = "clients send it already; budgets of known devices come with the limits")]
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
        match [fields.is_given("phone_number"), fields.is_given("email"), fields.is_given("password")] {
            [true, false, false] | [false, true, true] => {}
            [true, ..] => {
                fields.refuse("phone_number", Fault::new("conflict", "must not be given with email or password"));
            }
            [false, true, false] => fields.refuse("password", Fault::required()),
            [false, false, true] => fields.refuse("email", Fault::required()),
            [false, false, false] => fields.refuse("phone_number", Fault::required()),
        }
        Some(Self { phone_number, email, password, flow_token, carrier, device_token })
    }
}

/// Starts a login by number, or finishes one with address and password.
///
/// By number: a code goes out by SMS if anybody carries the number; the answer is the same if
/// nobody does. A flow that `/verify_email` gave makes it the first login of that account.
/// By address and password: finishes the login by a number that nobody had proved before.
#[utoipa::path(
    post,
    path = "/login",
    tag = "login",
    request_body(content((LoginRequest = "application/json"), (LoginRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "Logged in.", body = TokensView),
        (status = 202, description = "A code is on its way; go on with `/otp_verification`.", body = FlowView),
    ),
)]
pub(crate) async fn login(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<LoginRequest>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    match (body.phone_number, body.email, body.password) {
        (Some(number), ..) => {
            let named = NamedFlows::of(&request, body.flow_token.as_ref(), &*api.verification.tokens)?;
            let flow = api.verification.named(named.by_token, named.by_cookie).await?;
            let started = detach(async move { api.phone_login.start(number, flow).await });
            Ok(Reply::to(&request)?.started(&started.await??, body.carrier))
        }
        (None, Some(email), Some(password)) => {
            let flow = FlowCarrier::required(&request, body.flow_token.as_ref(), &*api.verification.tokens)?;
            let finished = finish(api.clone(), flow, email, password, caller.client);
            let reply = Reply::to(&request)?;
            let finished = detach(finished).await?.map_err(|error| reply.failed(error, flow.carrier))?;
            Ok(reply.signed_in(&api.authentication.grant(finished)?))
        }
        (None, ..) => Err(Problem::malformed("a login takes a number, or an address and a password")),
    }
}

async fn finish(
    api: web::Data<Api>,
    flow: FlowCarrier,
    email: EmailAddress,
    password: Password,
    client: Client,
) -> Result<SignedIn, PasswordStepError> {
    let challenge = api.verification.find_open(flow.id, &[Step::Password]).await?;
    api.phone_login.finish_with_password(challenge, &email, &password, flow.carrier, client).await
}
