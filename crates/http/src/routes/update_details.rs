use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::{SignedIn, factors::Change, profile::ProfileRequest};
use doorward_kernel::PhoneNumber;
use doorward_otp::Target;
use doorward_session::{Carrier, Scope};
use doorward_user::{Name, NewLastName, NewNames, Password, User};
use utoipa::ToSchema;

use super::{fields, update::step_reply};
use crate::{
    AnySession, App, Caller, Fields, Problem, Reader, ValueError, detach,
    view::{CarrierText, FlowView, UserAnswer},
};

/// The body of `POST /update_details`: the current password and at least one change.
#[derive(ToSchema)]
pub(crate) struct UpdateDetailsRequest {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    password: Password,
    /// The new first name; it counts at once.
    #[schema(value_type = Option<String>, example = "Augusta")]
    first_name: Option<Name>,
    /// The new last name; it counts at once. An empty text removes it, `null` and an empty input of a form leave it.
    #[schema(value_type = Option<String>, example = "King")]
    last_name: NewLastName,
    /// The new number; it counts once the code sent to it is right.
    #[schema(value_type = Option<String>, example = "+14155552673")]
    phone_number: Option<PhoneNumber>,
    /// `token` for clients that keep the flow by themselves.
    #[schema(value_type = Option<CarrierText>, example = "token")]
    carrier: Option<Carrier>,
}

impl UpdateDetailsRequest {
    /// Reads what an owner wants changed.
    ///
    /// A form may be posted whole: what is on file already is no change. In a session that may
    /// only bind it is: there the own number is verified anew, which binds it again.
    pub(crate) fn read(fields: &mut Reader, user: &User, scope: Scope) -> Option<Self> {
        let on_file = user.phone.as_ref().map(|phone| &phone.number).filter(|_| scope == Scope::Full);
        let password = fields.required("password", Password::parse);
        let first_name = fields.optional("first_name", Name::parse).filter(|name| *name != user.names.first);
        let last_name = fields.optional("last_name", Name::parse_optional);
        let last_name = last_name.filter(|name| *name != user.names.last).map_or(NewLastName::Kept, new_last_name);
        let phone_number = fields::changed_mobile(fields, "phone_number", on_file);
        let carrier = fields.optional("carrier", fields::carrier);
        if !["first_name", "last_name", "phone_number"].iter().any(|name| fields.is_given(name)) {
            fields.refuse("first_name", ValueError::new("required", "or last_name or phone_number must be given"));
        }
        Some(Self { password: password?, first_name, last_name, phone_number, carrier })
    }
}

fn new_last_name(given: Option<Name>) -> NewLastName {
    given.map_or(NewLastName::Removed, NewLastName::Changed)
}

/// Changes the names or the number.
///
/// Members that are the account's already are no change: nothing is sent for them, and where
/// nothing else changes, the answer is the account as it is.
/// Names count at once. A new number counts once it is verified; until then the old one keeps
/// working, and the account's address is told. A new number asks for a fresh verification (`/step_up`)
/// unless the account has nothing but its password. In a session that may only bind it asks for
/// none, and nothing but the number may change.
#[utoipa::path(
    post,
    path = "/update_details",
    tag = "profile",
    security(("bearer" = []), ("cookie" = [])),
    request_body = UpdateDetailsRequest,
    responses(
        (status = 200, description = "Done.", body = UserAnswer),
        (status = 202, description = "A code is on its way to the new number; go on with `/otp_verification`.", headers(("Set-Cookie" = String)), body = FlowView),
    ),
)]
pub(crate) async fn update_details(
    request: HttpRequest,
    caller: Caller,
    signed_in: AnySession,
    fields: Fields,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let SignedIn { session, user } = &signed_in.session;
    let body = fields.read_with(&request, |reader| UpdateDetailsRequest::read(reader, user, session.scope))?;
    may_change(&app, &signed_in, &body)?;
    let change = ProfileRequest {
        names: NewNames { first: body.first_name, last: body.last_name },
        identifier: body.phone_number.map(Target::Phone),
        ..ProfileRequest::default()
    };
    let (password, carrier) = (body.password, body.carrier);
    let verification = app.verification.clone();
    let changed =
        detach(async move { app.profile.change(&signed_in.session, &password, change, &caller.limited).await });
    let step = changed.await??;
    step_reply(&request, step, carrier, &verification).await
}

/// A session that may only bind changes the number alone; any other needs a fresh verification for that.
fn may_change(app: &App, signed_in: &AnySession, body: &UpdateDetailsRequest) -> Result<(), Problem> {
    let is_number_alone =
        body.phone_number.is_some() && body.first_name.is_none() && body.last_name == NewLastName::Kept;
    match (signed_in.only_binds(), &body.phone_number) {
        (true, _) if is_number_alone => Ok(()),
        (true, _) => Err(Problem::binding_required()),
        (false, Some(_)) => Ok(app.authentication.require_fresh(&signed_in.session, Change::BindNumber)?),
        (false, None) => Ok(()),
    }
}
