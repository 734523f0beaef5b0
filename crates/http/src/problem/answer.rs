use actix_web::{
    HttpResponse,
    http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{FieldError, Problem, PuzzleView};

/// A problem as it is written out (RFC 9457); members that do not apply are left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// The address of the page that explains the problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text for people.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The stable name of the problem.
    pub code: &'a str,
    /// A sentence that says what exactly is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<&'a str>,
    /// Names the request, for those who look into the log.
    pub request_id: &'a str,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    pub errors: &'a [FieldError],
    /// Seconds to wait before the next try.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after: Option<u64>,
    /// Tries that are left in the flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attempts_left: Option<u8>,
    /// The puzzle that lets the same request through now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub puzzle: Option<&'a PuzzleView>,
}

impl Problem {
    /// The body, for a request of that id; `base` is what `type` starts with.
    pub(crate) fn body<'a>(&'a self, base: &str, request_id: &'a str) -> ProblemBody<'a> {
        let parts = self.parts();
        ProblemBody {
            kind: format!("{base}{}", parts.code.slug()),
            title: parts.code.title(),
            status: parts.code.status().as_u16(),
            code: parts.code.slug(),
            detail: parts.detail.as_deref(),
            request_id,
            errors: &parts.errors,
            retry_after: parts.retry_after,
            attempts_left: parts.attempts_left,
            puzzle: parts.puzzle.as_ref(),
        }
    }

    /// The whole answer, for a request of that id.
    pub(crate) fn answer(&self, base: &str, request_id: &str) -> HttpResponse {
        let parts = self.parts();
        let mut builder = HttpResponse::build(parts.code.status());
        builder.insert_header((CONTENT_TYPE, "application/problem+json"));
        if let Some(challenge) = parts.challenge {
            builder.insert_header((WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = parts.retry_after {
            builder.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(allow) = &parts.allow {
            builder.insert_header((ALLOW, allow.clone()));
        }
        for cookie in &parts.cookies {
            builder.cookie(cookie.clone());
        }
        builder.json(self.body(base, request_id))
    }
}
