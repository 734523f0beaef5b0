use actix_web::{dev::ServiceRequest, http::Method};

/// Lets `HEAD` find the routes of `GET` (RFC 9110, section 9.1).
///
/// The connection remembers that a `HEAD` came in, and sends the head of the answer alone.
pub(super) fn as_get(request: &mut ServiceRequest) {
    if *request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
}
