use actix_web::{HttpRequest, HttpResponse, web};
use doorward_app::delivery::Reach;
use doorward_kernel::MessageId;
use doorward_notifier::DeliveryOutcome;
use utoipa::ToSchema;

use crate::{App, DeliveryReports, Problem, SignedRequest, body::WholeBody, detach, metrics};

/// The report of a gateway on an SMS.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it documents what is read field by field, once its signature is right")]
pub(crate) struct GatewayReport {
    /// The message, as the gateway was given it.
    id: String,
    /// The gateway's name for it.
    reference: Option<String>,
    /// The outcome: `sent`, `delivered`, `failed` or `read`.
    #[schema(example = "delivered")]
    status: String,
    /// Why it was not delivered.
    reason: Option<String>,
}

/// Takes the report of a gateway on an SMS, signed as Standard Webhooks are.
#[utoipa::path(
    post,
    path = "/callbacks/http/{provider}/status",
    tag = "providers",
    params(
        ("provider" = String, Path, description = "The name of the gateway in the settings."),
        ("webhook-id" = String, Header, description = "The message."),
        ("webhook-timestamp" = String, Header, description = "When it was sent, in seconds since 1970."),
        ("webhook-signature" = String, Header, description = "The signature of all three (Standard Webhooks)."),
    ),
    request_body = GatewayReport,
    responses((status = 204, description = "Noted; also what is late, told twice or not known.")),
)]
pub(crate) async fn gateway_status(
    request: HttpRequest,
    provider: web::Path<String>,
    body: WholeBody,
    reports: web::Data<dyn DeliveryReports>,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = SignedRequest {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: body.bytes(),
    };
    if !reports.is_signed(&provider, &signed) {
        return Err(Problem::unauthenticated());
    }
    let fields = body.fields(&request)?;
    let value = |wanted: &str| fields.texts().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let status = metrics::delivery_reported(&provider, value("status").unwrap_or_default());
    let id = value("id").and_then(MessageId::parse);
    if let (Some(id), Some(outcome)) = (id, DeliveryOutcome::parse(status)) {
        let (reports, provider) = (app.reports.clone(), provider.into_inner());
        detach(async move { reports.take(id, &provider, outcome, Reach::ByOthers).await }).await??;
    }
    Ok(HttpResponse::NoContent().finish())
}
