use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::ToSchema;

use crate::{Fields, Problem, SmsReports, metrics};

/// The name of the only account, that of the section `twilio`.
const SHORT_FORM: &str = "twilio";
/// The header that holds Twilio's signature.
const SIGNATURE: &str = "x-twilio-signature";

/// The report of Twilio on an SMS; fields that are not read come with it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it documents what is read field by field, as the signature is over all of them")]
pub(crate) struct StatusReport {
    /// The outcome of the message.
    #[schema(rename = "MessageStatus", example = "delivered")]
    message_status: String,
    /// Why it was not delivered.
    #[schema(rename = "ErrorCode", example = "30003")]
    error_code: Option<String>,
}

/// Takes Twilio's report on an SMS. It is counted and logged, and changes nothing.
#[utoipa::path(
    post,
    path = "/callbacks/twilio/status",
    tag = "providers",
    request_body(content((StatusReport = "application/x-www-form-urlencoded"))),
    responses((status = 204, description = "Counted.")),
)]
pub(crate) async fn twilio_status(
    request: HttpRequest,
    fields: Fields,
    reports: web::Data<dyn SmsReports>,
) -> Result<HttpResponse, Problem> {
    take(SHORT_FORM, &request, &fields, &**reports)
}

/// The same, where several accounts or gateways send, of the one of that name.
#[utoipa::path(
    post,
    path = "/callbacks/twilio/{provider}/status",
    tag = "providers",
    params(("provider" = String, Path, description = "The name of the account in the settings.")),
    request_body(content((StatusReport = "application/x-www-form-urlencoded"))),
    responses((status = 204, description = "Counted.")),
)]
pub(crate) async fn twilio_account_status(
    request: HttpRequest,
    provider: web::Path<String>,
    fields: Fields,
    reports: web::Data<dyn SmsReports>,
) -> Result<HttpResponse, Problem> {
    take(&provider, &request, &fields, &**reports)
}

fn take(
    provider: &str,
    request: &HttpRequest,
    fields: &Fields,
    reports: &dyn SmsReports,
) -> Result<HttpResponse, Problem> {
    let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
    let fields: Vec<_> = fields.all_as_text().collect();
    if !reports.is_genuine(provider, &fields, signature) {
        return Err(Problem::unauthenticated());
    }
    let value = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let status = metrics::sms_reported(provider, value("MessageStatus").unwrap_or_default());
    let error_code: Option<u32> = value("ErrorCode").and_then(|code| code.parse().ok());
    if let Some(code) = error_code {
        tracing::warn!(provider, sms.status = status, sms.error_code = code, "the provider did not deliver an SMS");
    }
    Ok(HttpResponse::NoContent().finish())
}
