use std::panic::Location;

use async_trait::async_trait;
use uuid::Uuid;

use super::Refusal;
use crate::store::{self, Connections, Repetition};

/// A step that can be done for many calls at once.
#[async_trait]
pub(crate) trait Many: Send + Sync + 'static {
    /// The call of one caller.
    type Call: Send + Sync + 'static;
    /// The outcome.
    type Outcome: Send + 'static;

    /// The row that two calls of one batch must not share, as a statement changes a row once; `None` where they may.
    fn subject(&self, call: &Self::Call) -> Option<Uuid>;

    /// Does all, and gives the outcome of each in the order of the calls.
    ///
    /// A call that fails its guard has an outcome that says so; an error is one of the whole batch.
    async fn run(&self, calls: &[Self::Call]) -> Result<Vec<Self::Outcome>, Refusal>;
}

/// A step on a connection of the pool: one statement, whatever the number of calls.
pub(crate) struct Step<C: 'static, O> {
    connections: Connections,
    repetition: Repetition,
    subject: fn(&C) -> Option<Uuid>,
    run: store::Step<[C], Vec<O>>,
    at: &'static Location<'static>,
}

impl<C, O> Step<C, O> {
    /// A step that changes nothing: done again when its connection breaks.
    #[track_caller]
    pub(crate) fn reading(connections: Connections, run: store::Step<[C], Vec<O>>) -> Self {
        Self { connections, repetition: Repetition::Harmless, subject: |_| None, run, at: Location::caller() }
    }

    /// A step that changes the subject of each call.
    #[track_caller]
    pub(crate) fn writing(
        connections: Connections,
        subject: fn(&C) -> Option<Uuid>,
        run: store::Step<[C], Vec<O>>,
    ) -> Self {
        Self { connections, repetition: Repetition::Harmful, subject, run, at: Location::caller() }
    }
}

#[async_trait]
impl<C, O> Many for Step<C, O>
where
    C: Send + Sync + 'static,
    O: Send + 'static,
{
    type Call = C;
    type Outcome = O;

    fn subject(&self, call: &C) -> Option<Uuid> {
        (self.subject)(call)
    }

    async fn run(&self, calls: &[C]) -> Result<Vec<O>, Refusal> {
        self.connections.attempt_at(self.at, calls, self.run, self.repetition).await
    }
}
