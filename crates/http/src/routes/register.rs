use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::registration::RegistrationRequest;
use doorward_kernel::{EmailAddress, Locale, PhoneNumber};
use doorward_session::Carrier;
use doorward_user::{Name, Names, NewPassword};
use utoipa::ToSchema;

use super::fields;
use crate::{
    App, Body, Caller, FromFields, Problem, Reader, Reply, detach, or_puzzle,
    view::{CarrierText, FlowView},
};

/// The body of `POST /register`.
#[derive(ToSchema)]
pub(crate) struct RegisterRequest {
    /// The first name, or the only one: letters, digits, blanks and the punctuation of names, at most 100 characters.
    #[schema(value_type = String, example = "Ada")]
    first_name: Name,
    /// The last name; it may be empty or missing, as many people have one name.
    #[schema(value_type = Option<String>, example = "Lovelace")]
    last_name: Option<Name>,
    /// The address to verify.
    #[schema(value_type = String, format = Email, example = "ada@example.com")]
    email: EmailAddress,
    /// The number to log in by, E.164.
    #[schema(value_type = String, example = "+14155552671")]
    phone_number: PhoneNumber,
    /// The password, 8 to 256 characters.
    #[schema(value_type = String, format = Password, example = "teal-otter-9-quarry-lamp")]
    password: NewPassword,
    /// The language of texts, any BCP 47 tag; one in which there are no texts gives the default, `en`.
    #[schema(value_type = Option<String>, example = "en")]
    locale: Option<Locale>,
    /// `token` for clients that keep the flow by themselves; otherwise a cookie is set, too.
    #[schema(value_type = Option<CarrierText>, example = "token")]
    carrier: Option<Carrier>,
}

impl FromFields for RegisterRequest {
    fn read(fields: &mut Reader) -> Option<Self> {
        let first_name = fields.required("first_name", Name::parse);
        let last_name = fields.optional("last_name", Name::parse_optional).flatten();
        let email = fields.required("email", EmailAddress::parse);
        let phone_number = fields::required_mobile(fields, "phone_number");
        let user_inputs = [
            first_name.as_ref().map(Name::as_str),
            last_name.as_ref().map(Name::as_str),
            email.as_ref().map(EmailAddress::as_str),
            phone_number.as_ref().map(PhoneNumber::as_str),
        ];
        let user_inputs: Vec<&str> = user_inputs.into_iter().flatten().collect();
        let password = fields::required_new_password(fields, "password", &user_inputs);
        let locale = fields.optional("locale", fields::locale);
        let carrier = fields.optional("carrier", fields::carrier);
        Some(Self {
            first_name: first_name?,
            last_name,
            email: email?,
            phone_number: phone_number?,
            password: password?,
            locale,
            carrier,
        })
    }
}

/// Registers a person: mails a code to the address.
///
/// No account exists before the code is right. Several people may try to register one
/// address; the one who verifies it gets it.
#[utoipa::path(
    post,
    path = "/register",
    tag = "registration",
    params(("x-puzzle-answer" = Option<String>, Header, description = "The answer to the `puzzle` of a refusal.")),
    request_body = RegisterRequest,
    responses(
        (status = 202, description = "A code is on its way; go on with `/verify_email`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn register(
    request: HttpRequest,
    caller: Caller,
    Body(body): Body<RegisterRequest>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let carrier = body.carrier;
    let registration = RegistrationRequest {
        names: Names { first: body.first_name, last: body.last_name },
        email: body.email,
        phone: body.phone_number,
        password: body.password,
        locale: body.locale.unwrap_or_default(),
    };
    let verification = app.verification.clone();
    let started = detach(async move {
        let started = app.registration.request(registration, &caller.limited).await;
        or_puzzle(started, &app.verification.limiter, &caller.limited).await
    });
    let flow = started.await??;
    Ok(Reply::to(&request)?.started(&flow, carrier, &verification).await)
}
