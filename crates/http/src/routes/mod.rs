//! The routes, a file each: what a call takes, what it answers, and which use case it calls.

mod auth_check;
mod fields;
mod forgot_password;
mod gateway_status;
mod introspect;
mod jwks;
mod login;
mod logout;
mod me;
mod otp_verification;
mod problems;
mod recovery_codes;
mod register;
mod resend_otp;
mod reset_password;
mod revoke;
mod sessions;
mod show_flow;
mod step_up;
mod token_refresh;
mod totp;
mod totp_confirm;
mod totp_remove;
mod twilio_status;
mod undo_change;
mod update;
mod update_details;
mod verify_email;

#[cfg(test)]
mod tests;

use actix_web::web;
use doorward_app::{
    flow::{ResendError, ResumeError, VerifyError},
    limits::AdmitError,
    password_login::PasswordLoginError,
    profile::ProfileError,
    recovery::ResetError,
    registration::RegistrationError,
    sessions::{AuthenticationError, EndError, RefreshError, StepUpRequired},
    step_up::StepUpError,
    undo::UndoError,
};
use doorward_kernel::StoreError;
use utoipa::OpenApi;

use crate::{
    Body, FlowCarrier, ProblemBody, ProblemCode,
    openapi::{self, Bodies, Headers, Operation, Problems, Refusals as _, Security, Unions, of_handler},
};

/// Mounts every route and lists it in the OpenAPI document, so that neither knows one the other does not.
///
/// In brackets: the errors that the handler maps and the problems that it makes, beside those of what it takes.
macro_rules! routes {
    ($($(#[$doc:meta])* $configure:ident {
        $($path:literal => $($method:ident $module:ident::$handler:ident
            [$($error:ty),* $(; $($code:ident),+)?]),+;)*
    })*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $configure(config: &mut web::ServiceConfig) {
                $(config.service(web::resource($path)$(.route(web::$method().to($module::$handler)))+);)*
            }
        )*

        /// Every call of the document, and what it may be refused with.
        pub(crate) fn operations() -> Vec<Operation> {
            vec![$($($(Operation {
                method: stringify!($method),
                path: $path,
                codes: [
                    of_handler($module::$handler),
                    $(<$error>::codes(),)*
                    $(vec![$(ProblemCode::$code),+])?
                ].concat(),
            }),+),*),*]
        }

        /// The OpenAPI document, before it knows the address of the service.
        #[derive(OpenApi)]
        #[openapi(
            info(
                title = "Doorward",
                description = "Register, verify the e-mail address, log in by telephone, manage the profile. \
                    Every call takes JSON or a form; errors are RFC 9457 problems, a schema for each `code`. \
                    A path that is not here is answered with `not_found`, a method with `method_not_allowed`.",
                license(name = "MIT OR Apache-2.0"),
            ),
            paths($($($($module::$handler),+),*),*),
            components(schemas(ProblemBody<'static>)),
            modifiers(&Security, &Problems, &Headers, &Bodies, &Unions),
        )]
        pub(crate) struct Documented;
    };
}

routes! {
    /// Mounts what people and services call.
    configure_calls {
        "/register" => post register::register [RegistrationError];
        "/verify_email" => post verify_email::verify_email [FlowCarrier, VerifyError];
        "/login" => post login::login [FlowCarrier, ResumeError, PasswordLoginError];
        "/otp_verification" => post otp_verification::otp_verification [FlowCarrier, VerifyError; SessionAmbiguous];
        "/resend_otp" => post resend_otp::resend_otp [FlowCarrier, ResendError];
        "/flow" => post show_flow::show_flow [FlowCarrier, AdmitError];
        "/forgot_password" => post forgot_password::forgot_password [AdmitError];
        "/reset_password" => post reset_password::reset_password [FlowCarrier, ResetError];
        "/undo_change" => post undo_change::undo_change [UndoError];
        "/me" => get me::me [];
        "/auth/check" => get auth_check::auth_check [AuthenticationError];
        "/update" => post update::update [StepUpRequired, ProfileError; UnknownField];
        "/update_details" => post update_details::update_details [StepUpRequired, ProfileError; UnknownField, BindingRequired];
        "/totp" => post totp::totp [StepUpRequired, AdmitError; Conflict, UnknownField];
        "/totp/confirm" => post totp_confirm::totp_confirm
            [StepUpRequired, AdmitError; Conflict, OtpIncorrect, PasswordIncorrect];
        "/totp/remove" => post totp_remove::totp_remove
            [StepUpRequired, AdmitError; Conflict, OtpIncorrect, PasswordIncorrect];
        "/recovery_codes" => post recovery_codes::recovery_codes
            [StepUpRequired, AdmitError; Conflict, OtpIncorrect, PasswordIncorrect];
        "/token/refresh" => post token_refresh::token_refresh [RefreshError; SessionAmbiguous];
        "/token/introspect" => post introspect::introspect [Body<introspect::TokenRequest>];
        "/token/revoke" => post revoke::revoke [Body<introspect::TokenRequest>];
        "/logout" => post logout::logout [];
        "/sessions" => get sessions::list [], delete sessions::end_others [];
        "/sessions/{id}" => delete sessions::end [EndError];
        "/step_up" => post step_up::step_up [StepUpError];
        "/.well-known/jwks.json" => get jwks::jwks [];
    }

    /// Mounts what takes the reports on SMS; only where a provider reports.
    configure_delivery_reports {
        "/callbacks/twilio/status" => post twilio_status::twilio_status [; Unauthenticated, NotFound];
        "/callbacks/twilio/status/{message}" => post twilio_status::twilio_message_status
            [StoreError; Unauthenticated, NotFound];
        "/callbacks/twilio/{provider}/status/{message}" => post twilio_status::twilio_account_status
            [StoreError; Unauthenticated, NotFound];
        "/callbacks/http/{provider}/status" => post gateway_status::gateway_status [StoreError; Unauthenticated, NotFound];
    }
}

/// Mounts the calls, and the pages that their answers lead to.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    configure_calls(config);
    config.service(web::resource("/openapi.json").route(web::get().to(openapi::document)));
    config.service(web::resource("/problems/{slug}").route(web::get().to(problems::problem)));
}
