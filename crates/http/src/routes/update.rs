use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::{
    factors::Change,
    flow::Verification,
    profile::{ProfileRequest, ProfileStep},
};
use doorward_kernel::EmailAddress;
use doorward_otp::Target;
use doorward_session::Carrier;
use doorward_user::{NewPassword, Password, User};
use utoipa::ToSchema;

use super::fields;
use crate::{
    App, Caller, Fields, FullSession, Problem, Reader, Reply, ValueError, detach,
    view::{CarrierText, FlowView, UserAnswer},
};

/// The body of `POST /update`: the current password and at least one change.
#[derive(ToSchema)]
pub(crate) struct UpdateRequest {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// The new address; it counts once the code mailed to it is right.
    #[schema(value_type = Option<String>, format = Email, example = "ada@example.org")]
    email: Option<EmailAddress>,
    /// The new password; it counts at once, and other sessions end.
    #[schema(value_type = Option<String>, format = Password)]
    new_password: Option<NewPassword>,
    /// `token` for clients that keep the flow by themselves.
    #[schema(value_type = Option<CarrierText>, example = "token")]
    carrier: Option<Carrier>,
}

impl UpdateRequest {
    /// Reads what the owner of that account wants changed.
    pub(crate) fn read(fields: &mut Reader, user: &User) -> Option<Self> {
        let password = fields.required("password", Password::parse);
        // A form may be posted whole: what is on file already is no change.
        let email = fields.optional("email", EmailAddress::parse).filter(|email| email.key() != user.email.key());
        let user_inputs = user.user_inputs();
        let user_inputs: Vec<&str> = user_inputs.iter().map(String::as_str).collect();
        let new_password = fields::optional_new_password(fields, "new_password", &user_inputs);
        let carrier = fields.optional("carrier", fields::carrier);
        if !fields.is_given("email") && !fields.is_given("new_password") {
            fields.refuse("email", ValueError::new("required", "or new_password must be given"));
        }
        Some(Self { password: password?, email, new_password, carrier })
    }
}

/// Changes the address or the password.
///
/// An address that is the account's already is no change: nothing is sent for it, and where
/// nothing else changes, the answer is the account as it is.
/// A new password counts at once. A new address counts once it is verified; until then the old
/// one keeps working, and it is told. A new address asks for a fresh verification (`/step_up`) unless
/// the account has nothing but its password.
#[utoipa::path(
    post,
    path = "/update",
    tag = "profile",
    security(("bearer" = []), ("cookie" = [])),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "Done.", headers(("Set-Cookie" = String)), body = UserAnswer),
        (status = 202, description = "A code is on its way to the new address; go on with `/verify_email`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn update(
    request: HttpRequest,
    caller: Caller,
    signed_in: FullSession,
    fields: Fields,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let body = fields.read_with(&request, |reader| UpdateRequest::read(reader, &signed_in.session.user))?;
    if body.email.is_some() {
        app.authentication.require_fresh(&signed_in.session, Change::ReplaceAddress)?;
    }
    let change = ProfileRequest {
        new_password: body.new_password,
        identifier: body.email.map(Target::Email),
        ..ProfileRequest::default()
    };
    let (password, carrier) = (body.password, body.carrier);
    let verification = app.verification.clone();
    let renewed = change.new_password.is_some().then(|| (app.authentication.clone(), signed_in.session.clone()));
    let changed =
        detach(async move { app.profile.change(&signed_in.session, &password, change, &caller.limited).await });
    let step = changed.await??;
    let answer = step_reply(&request, step, carrier, &verification).await?;
    // Other sessions have ended; a copy of this one's cookie must not outlive them.
    match renewed {
        Some((authentication, session)) => Reply::to(&request)?.renew_cookie(answer, &authentication, session).await,
        None => Ok(answer),
    }
}

/// The account as it is now, or the flow that verifies the rest.
pub(super) async fn step_reply(
    request: &HttpRequest,
    step: ProfileStep,
    carrier: Option<Carrier>,
    verification: &Verification,
) -> Result<HttpResponse, Problem> {
    Ok(match step {
        ProfileStep::Done(user) => HttpResponse::Ok().json(UserAnswer::from(&*user)),
        ProfileStep::Verify(flow) => Reply::to(request)?.started(&flow, carrier, verification).await,
    })
}
