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
mod openapi;
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

use actix_web::web;
use utoipa::OpenApi;

pub use openapi::openapi_json;

use self::openapi::{Bodies, Failures, Security};
use crate::ProblemBody;

/// The paths at which Twilio reports on SMS; mounted, like all of these, only where a provider reports.
const TWILIO_STATUS: &str = "/callbacks/twilio/status";
const TWILIO_MESSAGE_STATUS: &str = "/callbacks/twilio/status/{message}";
/// The same for each of several accounts.
const TWILIO_ACCOUNT_STATUS: &str = "/callbacks/twilio/{provider}/status/{message}";
/// The path at which gateways report.
const GATEWAY_STATUS: &str = "/callbacks/http/{provider}/status";

/// Mounts what takes the reports on SMS.
pub(crate) fn configure_sms_reports(config: &mut web::ServiceConfig) {
    config.service(web::resource(TWILIO_STATUS).route(web::post().to(twilio_status::twilio_status)));
    let of_message = web::post().to(twilio_status::twilio_message_status);
    config.service(web::resource(TWILIO_MESSAGE_STATUS).route(of_message));
    let of_account = web::post().to(twilio_status::twilio_account_status);
    config.service(web::resource(TWILIO_ACCOUNT_STATUS).route(of_account));
    config.service(web::resource(GATEWAY_STATUS).route(web::post().to(gateway_status::gateway_status)));
}

/// Mounts every route and lists it in the OpenAPI document, so that neither knows one the other does not.
macro_rules! routes {
    ($($path:literal => $($method:ident $module:ident::$handler:ident),+;)*) => {
        /// Mounts every route.
        pub(crate) fn configure(config: &mut web::ServiceConfig) {
            $(config.service(web::resource($path)$(.route(web::$method().to($module::$handler)))+);)*
            config.service(web::resource("/openapi.json").route(web::get().to(openapi::document)));
            config.service(web::resource("/problems/{slug}").route(web::get().to(problems::problem)));
        }

        /// The OpenAPI document, before it knows the address of the service.
        #[derive(OpenApi)]
        #[openapi(
            info(
                title = "Doorward",
                description = "Register, verify the e-mail address, log in by telephone, manage the profile. \
                    Every call takes JSON or a form; errors are RFC 9457 problems.",
                license(name = "MIT OR Apache-2.0"),
            ),
            paths(
                $($($module::$handler),+),*,
                twilio_status::twilio_status,
                twilio_status::twilio_message_status,
                twilio_status::twilio_account_status,
                gateway_status::gateway_status,
            ),
            components(schemas(ProblemBody<'static>)),
            modifiers(&Security, &Failures, &Bodies),
        )]
        pub(crate) struct Documented;

        #[cfg(test)]
        const PATHS: &[(&str, &str)] =
            &[
                $($((stringify!($method), $path)),+),*,
                ("post", TWILIO_STATUS),
                ("post", TWILIO_MESSAGE_STATUS),
                ("post", TWILIO_ACCOUNT_STATUS),
                ("post", GATEWAY_STATUS),
            ];
    };
}

routes! {
    "/register" => post register::register;
    "/verify_email" => post verify_email::verify_email;
    "/login" => post login::login;
    "/otp_verification" => post otp_verification::otp_verification;
    "/resend_otp" => post resend_otp::resend_otp;
    "/flow" => post show_flow::show_flow;
    "/forgot_password" => post forgot_password::forgot_password;
    "/reset_password" => post reset_password::reset_password;
    "/undo_change" => post undo_change::undo_change;
    "/me" => get me::me;
    "/auth/check" => get auth_check::auth_check;
    "/update" => post update::update;
    "/update_details" => post update_details::update_details;
    "/totp" => post totp::totp;
    "/totp/confirm" => post totp_confirm::totp_confirm;
    "/totp/remove" => post totp_remove::totp_remove;
    "/recovery_codes" => post recovery_codes::recovery_codes;
    "/token/refresh" => post token_refresh::token_refresh;
    "/token/introspect" => post introspect::introspect;
    "/token/revoke" => post revoke::revoke;
    "/logout" => post logout::logout;
    "/sessions" => get sessions::list, delete sessions::end_others;
    "/sessions/{id}" => delete sessions::end;
    "/step_up" => post step_up::step_up;
    "/.well-known/jwks.json" => get jwks::jwks;
}
