use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};

use crate::{HttpSettings, Problem, edge::RequestId};

/// Request data that the middleware makes available to handlers.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) settings: Arc<HttpSettings>,
    pub(crate) request_id: RequestId,
}

/// The edge is not in front of the routes.
#[derive(Debug, thiserror::Error)]
#[error("no `Edge` wraps the application")]
struct NoEdge;

impl Context {
    /// The context that the edge gave the request.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| Problem::internal(NoEdge))
    }
}
