use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::delivery::Reach;
use doorward_notifier::DeliveryOutcome;
use utoipa::ToSchema;

use crate::{App, DeliveryReports, Fields, Problem, detach, metrics};

/// The name of the only account, that of the section `twilio`.
const SHORT_FORM: &str = "twilio";
/// The header that holds Twilio's signature.
const SIGNATURE: &str = "x-twilio-signature";

/// The report of Twilio on a message or a call; fields that are not read come with it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it documents what is read field by field, as the signature is over all of them")]
pub(crate) struct StatusReport {
    /// The outcome of the message.
    #[schema(rename = "MessageStatus", example = "delivered")]
    message_status: Option<String>,
    /// The outcome of the call.
    #[schema(rename = "CallStatus", example = "completed")]
    call_status: Option<String>,
    /// Why it was not delivered.
    #[schema(rename = "ErrorCode", example = "30003")]
    error_code: Option<String>,
}

/// Takes Twilio's report on a message where the address names none. It is counted and logged, and changes nothing.
#[utoipa::path(
    post,
    path = "/callbacks/twilio/status",
    tag = "providers",
    params(("x-twilio-signature" = Option<String>, Header, description = "Twilio's signature; required where `http.public_url` is https.")),
    request_body(content((StatusReport = "application/x-www-form-urlencoded"))),
    responses((status = 204, description = "Counted.")),
)]
pub(crate) async fn twilio_status(
    request: HttpRequest,
    fields: Fields,
    reports: web::Data<dyn DeliveryReports>,
) -> Result<HttpResponse, Problem> {
    genuine((SHORT_FORM, ""), &request, &fields, &**reports)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes Twilio's report on a message or a call.
///
/// The path names the message; nothing that the body says of it counts but what became of it.
#[utoipa::path(
    post,
    path = "/callbacks/twilio/status/{message}",
    tag = "providers",
    params(
        ("message" = String, Path, description = "The token of the message, as Twilio was given it."),
        ("x-twilio-signature" = Option<String>, Header, description = "Twilio's signature; required where `http.public_url` is https."),
    ),
    request_body(content((StatusReport = "application/x-www-form-urlencoded"))),
    responses((status = 204, description = "Noted; also what is late, told twice or not known.")),
)]
pub(crate) async fn twilio_message_status(
    request: HttpRequest,
    message: web::Path<String>,
    fields: Fields,
    reports: web::Data<dyn DeliveryReports>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    take((SHORT_FORM, &message), &request, &fields, &**reports, &app).await
}

/// The same, where several accounts or gateways send, of the one of that name.
#[utoipa::path(
    post,
    path = "/callbacks/twilio/{provider}/status/{message}",
    tag = "providers",
    params(
        ("provider" = String, Path, description = "The name of the account in the settings."),
        ("message" = String, Path, description = "The token of the message, as Twilio was given it."),
        ("x-twilio-signature" = Option<String>, Header, description = "Twilio's signature; required where `http.public_url` is https."),
    ),
    request_body(content((StatusReport = "application/x-www-form-urlencoded"))),
    responses((status = 204, description = "Noted; also what is late, told twice or not known.")),
)]
pub(crate) async fn twilio_account_status(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    fields: Fields,
    reports: web::Data<dyn DeliveryReports>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let (provider, message) = &*path;
    take((provider, message), &request, &fields, &**reports, &app).await
}

async fn take(
    (provider, message): (&str, &str),
    request: &HttpRequest,
    fields: &Fields,
    reports: &dyn DeliveryReports,
    app: &App,
) -> Result<HttpResponse, Problem> {
    let (outcome, reach) = genuine((provider, &format!("/{message}")), request, fields, reports)?;
    if let (Some(id), Some(outcome)) = (app.reports.named(message), outcome) {
        let (reports, provider) = (app.reports.clone(), provider.to_owned());
        detach(async move { reports.take(id, &provider, outcome, reach).await }).await??;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Reads a report that Twilio has signed; it is counted, and an error goes to the log.
fn genuine(
    (provider, end): (&str, &str),
    request: &HttpRequest,
    fields: &Fields,
    reports: &dyn DeliveryReports,
) -> Result<(Option<DeliveryOutcome>, Reach), Problem> {
    let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
    let fields: Vec<_> = fields.all_as_text().collect();
    if !reports.is_genuine(provider, end, &fields, signature) {
        return Err(Problem::unauthenticated());
    }
    let value = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let status = value("MessageStatus").or_else(|| value("CallStatus")).unwrap_or_default();
    let status = metrics::delivery_reported(provider, status);
    let error_code: Option<u32> = value("ErrorCode").and_then(|code| code.parse().ok());
    if let Some(code) = error_code {
        tracing::warn!(provider, sms.status = status, sms.error_code = code, "the provider did not deliver a message");
    }
    let is_never = error_code.is_some_and(|code| reports.is_recipient_never(code));
    let reach = if is_never { Reach::ByOtherChannels } else { Reach::ByOthers };
    Ok(match status {
        "completed" => (Some(DeliveryOutcome::Delivered), reach),
        // Whoever did not take one call is not called again by another provider.
        "busy" | "no-answer" | "canceled" => (Some(DeliveryOutcome::Failed), Reach::ByOtherChannels),
        "undelivered" => (Some(DeliveryOutcome::Failed), reach),
        known => (DeliveryOutcome::parse(known), reach),
    })
}
