use std::future::Future;

use tracing::Instrument as _;

use crate::Problem;

/// A detached use case panicked; its message went to the panic hook.
#[derive(Debug, thiserror::Error)]
#[error("a detached use case panicked")]
struct Panicked;

/// Runs a use case to its end even when the client goes away meanwhile.
///
/// The framework drops a handler whose connection is reset; a step that changes things must
/// neither stop half-way nor leave a guess uncounted. The tracing span goes along.
pub async fn detach<F>(use_case: F) -> Result<F::Output, Problem>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    // The join error is left behind: it may carry the panic's message, and that anything.
    tokio::spawn(use_case.in_current_span()).await.map_err(|_| Problem::internal(Panicked))
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::ProblemCode;

    #[tokio::test]
    async fn a_use_case_goes_on_when_its_caller_is_dropped() {
        let (started, has_started) = oneshot::channel();
        let (go_on, may_go_on) = oneshot::channel::<()>();
        let (finished, has_finished) = oneshot::channel();
        let caller = tokio::spawn(detach(async move {
            started.send(()).unwrap();
            may_go_on.await.unwrap();
            finished.send(()).unwrap();
        }));

        has_started.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();

        assert_eq!(has_finished.await, Ok(()));
    }

    #[tokio::test]
    async fn a_panic_in_a_use_case_is_an_internal_problem() {
        let problem = detach(async { panic!("on purpose") }).await.unwrap_err();

        assert_eq!(problem.code(), ProblemCode::Internal);
    }
}
