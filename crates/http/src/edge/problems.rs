use std::time::Duration;

use actix_web::{
    Error, HttpResponse,
    body::{BodySize, MessageBody as _},
    http::header::{ALLOW, HeaderValue},
};

use crate::{Context, Problem, ProblemCode, problem::log_cause};

/// The default service: there is nothing at that path.
pub async fn not_found() -> Problem {
    Problem::not_found()
}

/// The answer as it leaves: every failure as a problem, whoever made it.
///
/// A failure that a handler wrote out itself, body and all, is left alone.
pub(super) fn write_out(response: HttpResponse, context: &Context) -> HttpResponse {
    if let Some(problem) = response.error().and_then(Error::as_error::<Problem>) {
        return answer(problem, context);
    }
    let is_failure = response.status().is_client_error() || response.status().is_server_error();
    let is_bare = matches!(response.body().size(), BodySize::None | BodySize::Sized(0));
    if !is_failure || (response.error().is_none() && !is_bare) {
        return response;
    }
    answer(&problem_of(&response), context)
}

/// The answer to an error that never became a response.
pub(super) fn write_out_error(error: &Error, context: &Context) -> HttpResponse {
    match error.as_error::<Problem>() {
        Some(problem) => answer(problem, context),
        None => answer(&problem_of(&error.error_response()), context),
    }
}

fn answer(problem: &Problem, context: &Context) -> HttpResponse {
    log_cause(problem.code().status(), problem);
    problem.answer(&context.settings.problem_base, context.request_id.as_str())
}

/// The problem behind a response of the framework; its text is left out, it may echo the request.
fn problem_of(response: &HttpResponse) -> Problem {
    let code = ProblemCode::of_status(response.status());
    match code {
        ProblemCode::MethodNotAllowed => Problem::method_not_allowed(response.headers().get(ALLOW).map(with_head)),
        ProblemCode::RateLimited | ProblemCode::Unavailable => {
            Problem::new(code).with_retry_after(Duration::from_secs(1))
        }
        code => Problem::new(code),
    }
}

/// The methods that a route allows, `HEAD` where it allows `GET`.
fn with_head(allow: &HeaderValue) -> HeaderValue {
    let methods = allow.to_str().unwrap_or_default();
    let is_read = methods.split(", ").any(|method| method == "GET");
    HeaderValue::from_str(&format!("{methods}, HEAD")).ok().filter(|_| is_read).unwrap_or_else(|| allow.clone())
}
