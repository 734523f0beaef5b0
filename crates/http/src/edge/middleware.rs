use std::{
    fmt,
    future::{Ready, ready},
    panic::AssertUnwindSafe,
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    error::InternalError,
    http::{
        ConnectionType, Method,
        header::{HeaderMap, HeaderValue},
    },
};
use doorward_kernel::Random;
use futures_util::{FutureExt as _, future::LocalBoxFuture};
use tracing::{Instrument as _, Span};

use super::{
    cors, cross_site, head, headers,
    host::{self, Listener},
    problems,
    request_id::{RequestId, X_REQUEST_ID},
    unread_body::UnreadBody,
    untrusted_proxy::UntrustedProxy,
};
use crate::{Context, HttpSettings, Problem, drain::Drain, metrics};

/// The longest request address, in bytes, path and query.
const URI_MAX: usize = 4096;
/// The request header that names the span in which a caller calls.
const TRACEPARENT: &str = "traceparent";
/// The most bytes that names and values of all headers have together.
const HEADERS_MAX: usize = 16 * 1024;

/// The one middleware: wrap it around the application last, so that it is outermost.
///
/// In this order a request is named, opened a span for, answered if it is a preflight, and
/// refused if its address or headers are too long, it is meant for another host or a foreign page
/// sent it. Whatever comes back, a panic too, leaves as an answer of ours: failures as problems,
/// with the headers that all answers have. The extractors of this crate need it in front of them.
#[derive(Clone)]
pub struct Edge {
    listener: Listener,
    settings: Arc<HttpSettings>,
    random: Arc<dyn Random>,
    untrusted_proxy: Arc<UntrustedProxy>,
    drain: Arc<Drain>,
    adopt_parent: Option<AdoptParent>,
}

/// Makes a span the child of the one that a `traceparent` names (W3C Trace Context).
pub type AdoptParent = fn(&Span, &str);

/// The service that [`Edge`] makes.
pub struct EdgeService<S> {
    edge: Edge,
    service: Rc<S>,
}

/// A handler panicked; its message went to the panic hook.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
struct Panicked;

impl Edge {
    /// The edge of a service with those settings; request ids come from `random`.
    pub fn new(settings: Arc<HttpSettings>, random: Arc<dyn Random>) -> Self {
        Self::at(Listener::Public, settings, random)
    }

    /// The edge of what only operators reach.
    pub(crate) fn of_ops(settings: Arc<HttpSettings>, random: Arc<dyn Random>) -> Self {
        Self::at(Listener::Ops, settings, random)
    }

    fn at(listener: Listener, settings: Arc<HttpSettings>, random: Arc<dyn Random>) -> Self {
        Self { listener, settings, random, untrusted_proxy: Arc::default(), drain: Arc::default(), adopt_parent: None }
    }

    /// The same whose answers end their connections once that drain has begun.
    pub(crate) fn draining(self, drain: Arc<Drain>) -> Self {
        Self { drain, ..self }
    }

    /// The same that keeps the parents of callers.
    pub(crate) fn adopting(self, adopt_parent: Option<AdoptParent>) -> Self {
        Self { adopt_parent, ..self }
    }

    /// The answer to a request that no route gets to see.
    fn intercept(&self, request: &ServiceRequest, origin: Option<&HeaderValue>) -> Option<HttpResponse> {
        let (method, headers) = (request.method(), request.headers());
        let length = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
        if length > URI_MAX {
            return Some(HttpResponse::from_error(Problem::uri_too_long()));
        }
        // The parser takes heads of up to 128 KiB.
        if headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > HEADERS_MAX {
            return Some(HttpResponse::from_error(Problem::headers_too_large()));
        }
        if host::is_foreign(&self.settings.public_url, self.listener, request) {
            return Some(HttpResponse::from_error(Problem::misdirected()));
        }
        if cross_site::is_refused(&self.settings, method, headers) {
            return Some(HttpResponse::from_error(Problem::cross_site()));
        }
        origin.and_then(|_| cors::preflight(&self.settings, method, headers))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Edge
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = EdgeService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(EdgeService { edge: self.clone(), service: Rc::new(service) }))
    }
}

impl<S, B> Service<ServiceRequest> for EdgeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let settings = Arc::clone(&self.edge.settings);
        let request_id = RequestId::of(request.headers(), &*self.edge.random);
        let exit = Exit {
            origin: cors::listed_origin(&settings, request.headers()),
            context: Context { settings, request_id },
            drain: self.edge.drain.clone(),
            started: Instant::now(),
            method: request.method().clone(),
            route: request.match_pattern(),
            unread: UnreadBody::of(&mut request),
        };
        // Of the highest level, so that a log of errors alone has the id too.
        let span = tracing::error_span!(
            "http.request",
            request_id = exit.context.request_id.as_str(),
            http.request.method = request.method().as_str(),
            http.route = exit.route.as_deref(),
        );
        let (peer, settings) = (request.peer_addr().map(|peer| peer.ip()), &exit.context.settings);
        // Others could keep their calls out of the traces, or fill them.
        let is_believed = peer.is_some_and(|peer| settings.is_trusted_proxy(peer));
        let parent = request.headers().get(TRACEPARENT).and_then(|parent| parent.to_str().ok());
        if let (Some(adopt), Some(parent)) = (self.edge.adopt_parent.filter(|_| is_believed), parent) {
            adopt(&span, parent);
        }
        request.extensions_mut().insert(exit.context.clone());
        self.edge.untrusted_proxy.check(settings, peer, request.headers(), exit.started);
        let intercepted = self.edge.intercept(&request, exit.origin.as_ref());
        head::as_get(&mut request);
        let service = Rc::clone(&self.service);
        Box::pin(answer(service, request, intercepted, exit).instrument(span))
    }
}

async fn answer<S, B>(
    service: Rc<S>,
    request: ServiceRequest,
    intercepted: Option<HttpResponse>,
    exit: Exit,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let outcome = match intercepted {
        // `into_response` would lose the error that the response was made from.
        Some(response) => Ok(ServiceResponse::new(request.into_parts().0, response)),
        // An unwound handler's state is dropped with its future; nothing of it is used again.
        None => AssertUnwindSafe(async { service.call(request).await.map(ServiceResponse::map_into_boxed_body) })
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Problem::internal(Panicked).into())),
    };
    match outcome {
        Ok(response) => {
            let (request, response) = response.into_parts();
            let response = problems::write_out(response, &exit.context);
            Ok(ServiceResponse::new(request, exit.finish(response)))
        }
        Err(error) => {
            let response = problems::write_out_error(&error, &exit.context);
            Err(InternalError::from_response(error, exit.finish(response)).into())
        }
    }
}

/// The request data that the response needs.
struct Exit {
    context: Context,
    origin: Option<HeaderValue>,
    started: Instant,
    method: Method,
    /// The pattern of the route, if there is one.
    route: Option<String>,
    unread: Option<UnreadBody>,
    drain: Arc<Drain>,
}

impl Exit {
    fn finish(mut self, mut response: HttpResponse) -> HttpResponse {
        let (status, elapsed) = (response.status(), self.started.elapsed());
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(http.response.status_code = status.as_u16(), elapsed_us, "answered");
        metrics::answered(self.route.take(), &self.method, status, elapsed);
        self.set_headers(response.headers_mut());
        if self.drain.is_begun() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        match self.unread {
            Some(unread) => unread.until_sent(response),
            None => response,
        }
    }

    fn set_headers(&self, map: &mut HeaderMap) {
        headers::secure(&self.context.settings, map);
        cors::allow(&self.context.settings, self.origin.clone(), map);
        if let Some(id) = self.context.request_id.to_header() {
            map.insert(X_REQUEST_ID, id);
        }
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for EdgeService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeService").field("edge", &self.edge).finish_non_exhaustive()
    }
}
