use actix_web::{HttpResponse, http::header::ContentType, web};
use async_trait::async_trait;

use crate::drain::Drain;

/// Checks readiness.
#[async_trait]
pub trait Health: Send + Sync {
    /// Returns whether everything it needs answers; within seconds.
    async fn is_ready(&self) -> bool;
}

/// That the process runs.
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// That the service can do its work.
pub(crate) async fn readyz(health: web::Data<dyn Health>, drain: web::Data<Drain>) -> HttpResponse {
    let (mut answer, text) = if drain.is_begun() {
        (HttpResponse::ServiceUnavailable(), "the service is about to stop\n")
    } else if health.is_ready().await {
        (HttpResponse::Ok(), "ok\n")
    } else {
        (HttpResponse::ServiceUnavailable(), "the database does not answer, or takes no writes\n")
    };
    answer.content_type(ContentType::plaintext()).body(text)
}
