use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT, CONTENT_SECURITY_POLICY, ContentType},
    web,
};
use doorward_kernel::{Country, EmailAddress, PhoneNumber, duration, typed_text};
use serde::Deserialize;

use super::{Inbox, InboxFilter, events::events, page};
use crate::{Body, Context, Problem, body::NoFields};

/// Scripts, styles and frames of our own alone, and no frame around the page.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// A mail shows itself and does nothing, in a frame of the page and elsewhere.
const MAIL_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
/// The longest wait for a message.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The query of the inbox.
#[derive(Debug, Deserialize)]
struct InboxQuery {
    to: Option<String>,
    channel: Option<String>,
    wait: Option<String>,
    after: Option<String>,
    format: Option<String>,
}

/// Mounts the inbox.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/dev/inbox").route(web::get().to(inbox)))
        .service(web::resource("/dev/inbox/events").route(web::get().to(follow)))
        .service(web::resource("/dev/inbox/{id}/html").route(web::get().to(html)));
    for (path, kind, text) in [
        ("/dev/inbox/page.css", "text/css; charset=utf-8", include_str!("page.css")),
        ("/dev/inbox/page.js", "text/javascript; charset=utf-8", include_str!("page.js")),
    ] {
        let file = move |_: Body<NoFields>| async move { HttpResponse::Ok().content_type(kind).body(text) };
        config.service(web::resource(path).route(web::get().to(file)));
    }
}

/// The captured mail and SMS, as a page or as JSON.
async fn inbox(
    request: HttpRequest,
    query: web::Query<InboxQuery>,
    _: Body<NoFields>,
    inbox: web::Data<Inbox>,
) -> Result<HttpResponse, Problem> {
    let wait = query.wait.as_deref().map(parse_wait).transpose()?;
    let filter = filter(&request, &query)?;
    let messages = match wait {
        Some(wait) => inbox.wait(&filter, query.after.as_deref(), wait).await,
        None => inbox.list(&filter),
    };
    if wants_page(&request, query.format.as_deref()) {
        let page = page::render(&messages, &filter);
        let policy = (CONTENT_SECURITY_POLICY, PAGE_POLICY);
        return Ok(HttpResponse::Ok().insert_header(ContentType::html()).insert_header(policy).body(page));
    }
    Ok(HttpResponse::Ok().json(messages))
}

/// Each message as it is captured; one that comes back names the last it has seen.
async fn follow(
    request: HttpRequest,
    query: web::Query<InboxQuery>,
    _: Body<NoFields>,
    inbox: web::Data<Inbox>,
) -> Result<HttpResponse, Problem> {
    let last_seen = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let messages = inbox.into_inner().follow(filter(&request, &query)?, last_seen.or_else(|| query.after.clone()));
    Ok(HttpResponse::Ok().content_type("text/event-stream").streaming(events(messages)))
}

/// The HTML of a mail.
async fn html(id: web::Path<String>, _: Body<NoFields>, inbox: web::Data<Inbox>) -> Result<HttpResponse, Problem> {
    let html = inbox.html(&id).ok_or_else(Problem::not_found)?;
    let policy = (CONTENT_SECURITY_POLICY, MAIL_POLICY);
    Ok(HttpResponse::Ok().insert_header(ContentType::html()).insert_header(policy).body(html))
}

fn filter(request: &HttpRequest, query: &InboxQuery) -> Result<InboxFilter, Problem> {
    let region = Context::of(request)?.settings.default_region;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    Ok(InboxFilter { to: given(&query.to).map(|to| recipient(&to, region)), channel: given(&query.channel) })
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
