use doorward_app::limits::{Caller, RateLimiter};

use crate::{Problem, ProblemCode};

/// Offers a puzzle to the caller of a start that was limited, where solving one helps.
pub(crate) async fn or_puzzle<T, E: Into<Problem>>(
    started: Result<T, E>,
    limiter: &RateLimiter,
    caller: &Caller,
) -> Result<T, Problem> {
    let problem = match started {
        Ok(started) => return Ok(started),
        Err(error) => error.into(),
    };
    if problem.code() != ProblemCode::RateLimited {
        return Err(problem);
    }
    Err(match limiter.puzzle_for(caller).await {
        Some(puzzle) => problem.with_puzzle(puzzle),
        None => problem,
    })
}
