//! The metrics of the HTTP interface and their endpoint; `docs/metrics.md` lists them.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode, header::CONTENT_TYPE},
    web,
};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const REQUESTS: &str = "doorward_http_requests_total";
const DURATION: &str = "doorward_http_request_duration_seconds";

const DELIVERY_REPORTS: &str = "doorward_sms_reports_total";

/// Twilio's statuses of a message; all others are `other`.
const SMS_STATUSES: [&str; 14] = [
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "read",
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "no-answer",
    "canceled",
];

/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The label of all paths that no route has.
const UNMATCHED: &str = "unmatched";

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Knows the numbers of this process.
pub trait Metrics: Send + Sync {
    /// All of them as they are now, in the text format of Prometheus.
    fn render(&self) -> String;
}

/// Describes what is counted here.
pub fn describe_metrics() {
    describe_counter!(REQUESTS, Unit::Count, "Requests answered, by route, method and class of status.");
    describe_counter!(DELIVERY_REPORTS, Unit::Count, "Reports of the provider on SMS, by status.");
    describe_histogram!(
        DURATION,
        Unit::Seconds,
        "From a request's head to the head of its answer, by route and method."
    );
}

/// Counts a request that is answered. Every label is one of a few words, whatever a client sends.
pub(crate) fn answered(route: Option<String>, method: &Method, status: StatusCode, elapsed: Duration) {
    let route = route.unwrap_or_else(|| UNMATCHED.to_owned());
    let method = METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
    counter!(REQUESTS, "route" => route.clone(), "method" => method, "status" => class_of(status)).increment(1);
    histogram!(DURATION, "route" => route, "method" => method).record(elapsed.as_secs_f64());
}

/// Counts a report on an SMS by that provider, and gives the word that its status is counted by.
pub(crate) fn delivery_reported(provider: &str, status: &str) -> &'static str {
    let status = SMS_STATUSES.into_iter().find(|known| *known == status).unwrap_or("other");
    counter!(DELIVERY_REPORTS, "provider" => provider.to_owned(), "status" => status).increment(1);
    status
}

fn class_of(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// The numbers, for operators.
pub(crate) async fn metrics(metrics: web::Data<dyn Metrics>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT)).body(metrics.render())
}
