use opentelemetry::{
    KeyValue,
    trace::{SpanKind, Status},
};
use opentelemetry_sdk::trace::SpanData;
use url::Url;

const METHOD: &str = "http.request.method";
const ROUTE: &str = "http.route";
const STATUS: &str = "http.response.status_code";
const SYSTEM: &str = "db.system.name";
const FILE: &str = "code.file.path";

/// The methods that the conventions know (RFC 9110, RFC 5789).
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// The semantic conventions of OpenTelemetry for HTTP servers and databases.
///
/// Spans are named for the log and given these names when they end, so without a collector nothing is done for them.
/// Addresses of callers (`client.address`) are left out, as traces hold nothing personal.
#[derive(Debug)]
pub(crate) struct Conventions {
    /// What callers call, in each span of a request.
    server: Vec<KeyValue>,
}

impl Conventions {
    /// The conventions of a service that callers know by that address.
    pub(crate) fn new(public_url: &Url) -> Self {
        let mut server = vec![KeyValue::new("url.scheme", public_url.scheme().to_owned())];
        server.extend(public_url.host_str().map(|host| KeyValue::new("server.address", host.to_owned())));
        server.extend(public_url.port_or_known_default().map(|port| KeyValue::new("server.port", i64::from(port))));
        Self { server }
    }

    /// Gives a span that has ended its name, kind, outcome and attributes.
    pub(crate) fn apply(&self, span: &mut SpanData) {
        match span.name.as_ref() {
            "http.request" => self.serve(span),
            "db.step" => ask(span),
            _ => {}
        }
    }

    /// A request that was served: `POST /login`.
    fn serve(&self, span: &mut SpanData) {
        span.span_kind = SpanKind::Server;
        span.attributes.extend_from_slice(&self.server);
        let method = method(span);
        let route = text(&span.attributes, ROUTE);
        span.name = route.as_ref().map_or_else(|| method.clone(), |route| format!("{method} {route}")).into();
        // Of other routes the path is not known here, and where there is none a stranger has chosen it.
        if let Some(path) = route.filter(|route| !route.contains('{')) {
            span.attributes.push(KeyValue::new("url.path", path));
        }
        let status: Option<i64> =
            span.events.iter().rev().find_map(|event| text(&event.attributes, STATUS)?.parse().ok());
        span.attributes.extend(status.map(|status| KeyValue::new(STATUS, status)));
        if let Some(status) = status.filter(|status| *status >= 500) {
            span.attributes.push(KeyValue::new("error.type", status.to_string()));
            span.status = Status::error("");
        }
    }
}

/// The method as a name has it; one that nobody knows is named `HTTP`.
fn method(span: &mut SpanData) -> String {
    let method = text(&span.attributes, METHOD).unwrap_or_default();
    if METHODS.contains(&method.as_str()) {
        return method;
    }
    for attribute in span.attributes.iter_mut().filter(|attribute| attribute.key.as_str() == METHOD) {
        attribute.value = "_OTHER".into();
    }
    "HTTP".to_owned()
}

/// A step of a store, named for the file that it is written in: `postgresql flows`.
fn ask(span: &mut SpanData) {
    span.span_kind = SpanKind::Client;
    let system = text(&span.attributes, SYSTEM).unwrap_or_default();
    let file = text(&span.attributes, FILE).unwrap_or_default();
    let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    span.name = format!("{system} {name}").into();
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key.as_str() == name)?;
    Some(found.value.as_str().into_owned())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use opentelemetry::{
        InstrumentationScope,
        trace::{Event, SpanContext, SpanId},
    };
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    fn span(name: &'static str, attributes: Vec<KeyValue>) -> SpanData {
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: name.into(),
            start_time: SystemTime::UNIX_EPOCH,
            end_time: SystemTime::UNIX_EPOCH,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    /// A request as the service tells of it: the status stands in its event, as text.
    fn request(method: &'static str, route: Option<&'static str>, status: &'static str) -> SpanData {
        let mut attributes = vec![KeyValue::new(METHOD, method)];
        attributes.extend(route.map(|route| KeyValue::new(ROUTE, route)));
        let mut span = span("http.request", attributes);
        let answered = vec![KeyValue::new(STATUS, status)];
        span.events.events.push(Event::new("answered", SystemTime::UNIX_EPOCH, answered, 0));
        Conventions::new(&Url::parse("https://auth.example.com").unwrap()).apply(&mut span);
        span
    }

    fn attributes(span: &SpanData) -> Vec<String> {
        span.attributes.iter().map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
    }

    #[test]
    fn a_request_is_named_by_its_method_and_its_route() {
        let span = request("POST", Some("/login"), "202");

        assert_eq!((span.name.as_ref(), &span.span_kind), ("POST /login", &SpanKind::Server));
        assert_eq!(span.status, Status::Unset);
        assert_eq!(
            attributes(&span),
            [
                "http.request.method=POST",
                "http.route=/login",
                "url.scheme=https",
                "server.address=auth.example.com",
                "server.port=443",
                "url.path=/login",
                "http.response.status_code=202",
            ]
        );
    }

    #[test]
    fn a_refusal_is_no_error_and_a_failure_is_one() {
        let refused = request("DELETE", Some("/sessions/{id}"), "404");
        let failed = request("POST", Some("/login"), "503");

        assert_eq!((refused.name.as_ref(), &refused.status), ("DELETE /sessions/{id}", &Status::Unset));
        assert!(!attributes(&refused).iter().any(|attribute| attribute.starts_with("url.path")), "{refused:?}");
        assert_eq!(failed.status, Status::error(""));
        assert!(attributes(&failed).contains(&"error.type=503".to_owned()), "{failed:?}");
    }

    #[test]
    fn what_strangers_choose_names_nothing() {
        let unknown = request("BREW", None, "404");

        assert_eq!(unknown.name, "HTTP");
        assert!(attributes(&unknown).contains(&"http.request.method=_OTHER".to_owned()), "{unknown:?}");
        assert_eq!(request("GET", None, "404").name, "GET");
    }

    #[test]
    fn a_step_of_a_store_is_a_call_of_its_database() {
        let file = KeyValue::new(FILE, "crates/store-postgres/src/ports/flows.rs");
        let mut step = span("db.step", vec![KeyValue::new(SYSTEM, "postgresql"), file]);

        Conventions::new(&Url::parse("https://auth.example.com").unwrap()).apply(&mut step);

        assert_eq!((step.name.as_ref(), step.span_kind), ("postgresql flows", SpanKind::Client));
    }
}
