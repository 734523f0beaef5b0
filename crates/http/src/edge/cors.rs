use actix_web::{
    HttpResponse,
    http::{
        Method,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
            HeaderValue, ORIGIN, VARY,
        },
    },
};

use crate::HttpSettings;

/// The headers that calls have a use for.
const OWN_HEADERS: [&str; 4] = ["authorization", "content-type", "x-puzzle-answer", "x-request-id"];

/// The listed origin a request comes from; all others get no CORS answer.
pub(super) fn listed_origin(settings: &HttpSettings, headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(ORIGIN);
    let origin = values.next()?;
    let is_listed = values.next().is_none() && origin.to_str().is_ok_and(|origin| settings.is_listed(origin));
    is_listed.then(|| origin.clone())
}

/// The answer to a preflight request (Fetch standard, section 3.3.2); all routes share it.
pub(super) fn preflight(settings: &HttpSettings, method: &Method, headers: &HeaderMap) -> Option<HttpResponse> {
    if *method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut answer = HttpResponse::NoContent();
    answer.insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, DELETE"));
    let allowed = settings.allowed_headers.iter().map(String::as_str);
    let allowed: Vec<_> = OWN_HEADERS.into_iter().chain(allowed).collect();
    answer.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, allowed.join(", ")));
    answer.insert_header((ACCESS_CONTROL_MAX_AGE, "600"));
    Some(answer.finish())
}

/// Lets pages of a listed origin read the answer; never with credentials.
pub(super) fn allow(settings: &HttpSettings, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    if settings.allowed_origins.is_empty() {
        return;
    }
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("retry-after, www-authenticate, x-request-id"),
        );
    }
}
