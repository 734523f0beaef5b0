use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::{
    Fields,
    payload::{self, BodyBytes},
};
use crate::{Context, Problem, ProblemCode, openapi::Refusals};

/// A body that is read once its signature is known to be right.
pub(crate) struct WholeBody(BodyBytes);

impl WholeBody {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn fields(&self, request: &HttpRequest) -> Result<Fields, Problem> {
        Fields::parse(&self.0, request.headers())
    }
}

impl FromRequest for WholeBody {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (context, headers, payload) = (Context::of(request), request.headers().clone(), payload.take());
        Box::pin(async move {
            let settings = context?.settings;
            payload::read(payload, &headers, settings.body_limit, settings.body_timeout).await.map(Self)
        })
    }
}

impl Refusals for WholeBody {
    fn codes() -> Vec<ProblemCode> {
        Fields::codes()
    }
}
