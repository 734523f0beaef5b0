use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::{SqliteConnection, result::Error};
use doorward_kernel::StoreError;
use tokio::sync::oneshot;

use crate::fault;

/// The result of a step: its outcome, or the reason why all it changed is rolled back.
pub(crate) type StepResult<R> = Result<R, Halt<R>>;

/// Why a step is undone.
#[derive(Debug)]
pub(crate) enum Halt<R> {
    /// It lost a race; the caller gets this outcome.
    Outcome(Box<R>),
    /// The database failed.
    Failed(Error),
}

impl<R> Halt<R> {
    /// Undoes the step and answers with the outcome of its lost race.
    pub(crate) fn conflict(outcome: R) -> Self {
        Self::Outcome(Box::new(outcome))
    }
}

impl<R> From<Error> for Halt<R> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Whether the changes of a job are committed or rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    Undo,
}

/// A step with somebody who waits for it.
pub(super) trait Job: Send {
    /// Does the step inside a savepoint; never panics.
    fn run(&mut self, connection: &mut SqliteConnection) -> Fate;

    /// Answers the caller, once the commit has succeeded or failed.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

pub(super) struct Call<R, F> {
    work: Option<F>,
    result: Result<R, StoreError>,
    reply: oneshot::Sender<Result<R, StoreError>>,
}

impl<R, F> Call<R, F> {
    pub(super) fn new(work: F, reply: oneshot::Sender<Result<R, StoreError>>) -> Self {
        Self { work: Some(work), result: Err(StoreError::unavailable("the step was not run")), reply }
    }
}

impl<R, F> Job for Call<R, F>
where
    R: Send,
    F: FnOnce(&mut SqliteConnection) -> StepResult<R> + Send,
{
    fn run(&mut self, connection: &mut SqliteConnection) -> Fate {
        let Some(work) = self.work.take() else { return Fate::Undo };
        // What the step may have left half-done is in its savepoint, which is undone.
        let (fate, result) = match catch_unwind(AssertUnwindSafe(|| work(connection))) {
            Ok(Ok(outcome)) => (Fate::Keep, Ok(outcome)),
            Ok(Err(Halt::Outcome(outcome))) => (Fate::Undo, Ok(*outcome)),
            Ok(Err(Halt::Failed(error))) => (Fate::Undo, Err(fault::store_error(error))),
            Err(_) => (Fate::Undo, Err(StoreError::failed("the step panicked"))),
        };
        self.result = result;
        fate
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        // A caller that went away needs no answer.
        let _ = self.reply.send(commit.and(self.result));
    }
}
