use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT, CONTENT_SECURITY_POLICY, ContentType},
    web,
};
use doorward_kernel::{Country, EmailAddress, PhoneNumber, duration, typed_text};
use serde::Deserialize;

use super::{Inbox, page};
use crate::{Body, Context, Problem, body::NoFields};

/// The page loads nothing; only its own style sheet counts.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// The longest wait for a message.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The query of `GET /dev/inbox`.
#[derive(Debug, Deserialize)]
pub(crate) struct InboxQuery {
    to: Option<String>,
    wait: Option<String>,
    after: Option<String>,
    format: Option<String>,
}

/// The captured mail and SMS, as a page or as JSON.
pub(crate) async fn inbox(
    request: HttpRequest,
    query: web::Query<InboxQuery>,
    _: Body<NoFields>,
    inbox: web::Data<Inbox>,
) -> Result<HttpResponse, Problem> {
    let wait = query.wait.as_deref().map(parse_wait).transpose()?;
    let region = Context::of(&request)?.settings.default_region;
    let to = query.to.as_deref().filter(|to| !to.is_empty()).map(|to| recipient(to, region));
    let messages = match wait {
        Some(wait) => inbox.wait(to.as_deref(), query.after.as_deref(), wait).await,
        None => inbox.list(to.as_deref()),
    };
    if wants_page(&request, query.format.as_deref()) {
        let page = page::render(&messages);
        let policy = (CONTENT_SECURITY_POLICY, PAGE_POLICY);
        return Ok(HttpResponse::Ok().insert_header(ContentType::html()).insert_header(policy).body(page));
    }
    Ok(HttpResponse::Ok().json(messages))
}

/// An address or a number as messages carry it; a query writes `+` as a blank, as a form does.
fn recipient(text: &str, region: Option<Country>) -> String {
    let number = || PhoneNumber::parse(&typed_text::restore_plus(text), region);
    let international = || PhoneNumber::parse(&format!("+{text}"), None);
    match EmailAddress::parse(text) {
        Ok(address) => address.as_str().to_owned(),
        Err(_) => number().or_else(|_| international()).map_or_else(|_| text.to_owned(), |n| n.as_str().to_owned()),
    }
}

/// A page unless JSON is asked for.
fn wants_page(request: &HttpRequest, format: Option<&str>) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    match format {
        Some(format) => format != "json",
        None => accept.contains("text/html") || !accept.contains("application/json"),
    }
}

/// A duration as in `5s` or `500ms`, a minute at most.
fn parse_wait(text: &str) -> Result<Duration, Problem> {
    let wait = match text.strip_suffix("ms") {
        Some(millis) => millis.parse().ok().map(Duration::from_millis),
        None => duration::parse(text),
    };
    wait.map(|wait| wait.min(LONGEST_WAIT)).ok_or_else(|| Problem::malformed("`wait` is a time like 5s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_found_however_it_is_typed() {
        let us = Country::parse("US");
        for (text, region) in [
            ("+14155552671", None),
            (" 14155552671", None),
            ("14155552671", None),
            ("+1 415-555-2671", None),
            ("(415) 555-2671", us),
            ("\u{2066}+1٤١٥٥٥٥٢٦٧١\u{2069}", None),
        ] {
            assert_eq!(recipient(text, region), "+14155552671", "{text:?}");
        }
        assert_eq!(recipient("Ada@Example.com\n", None), "Ada@example.com");
        assert_eq!(recipient("ada", None), "ada");
    }
}
