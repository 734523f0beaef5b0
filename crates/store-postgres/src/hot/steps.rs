use std::{panic::Location, time::Duration};

use diesel::QueryResult;
use doorward_app::{
    SignedIn,
    flow::{FoundFlow, Start},
    sessions::RotateOutcome,
};
use doorward_kernel::{ChallengeId, PhoneNumber, SessionId, StoreError};
use doorward_limit::TakeOutcome;
use doorward_notifier::Settlement;
use doorward_user::PhoneHolders;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

use super::{
    Open, Opening, Rotate, TakeCall, find_flows::find_flows, find_holders::find_holders, find_sessions::find_sessions,
    open_sessions::open_sessions, rotate_sessions::rotate_sessions, settle_messages::settle_messages,
    start_flows::start_flows, take_buckets::take_buckets,
};
use crate::{
    batch::{Batches, Permits, Refusal},
    connection::PgConnection,
    store::{Connections, Repetition},
};

/// For how long a message that was sent waits to be settled with others: much shorter than its lease.
const SETTLE_LINGER: Duration = Duration::from_millis(20);

/// A queue for each hot step.
pub(crate) struct HotSteps {
    pub(crate) take: Batches<TakeCall, Result<Option<TakeOutcome>, StoreError>>,
    pub(crate) find_session: Batches<SessionId, Option<SignedIn>>,
    pub(crate) find_holders: Batches<PhoneNumber, PhoneHolders>,
    pub(crate) find_flow: Batches<ChallengeId, Option<FoundFlow>>,
    pub(crate) rotate: Batches<Rotate, RotateOutcome>,
    pub(crate) start: Batches<Start, ()>,
    pub(crate) open: Batches<Open, Opening>,
    pub(crate) settle: Batches<Settlement, ()>,
}

/// A step for all calls of a batch: one statement, and the outcome of each in their order.
trait Many<'c, C: 'c, O>:
    Fn(&'c mut PgConnection, &'c [C]) -> <Self as Many<'c, C, O>>::Running + Copy + Send + Sync + 'static
{
    /// The step under way.
    type Running: Future<Output = QueryResult<Vec<O>>> + Send;
}

impl<'c, C: 'c, O, S, R> Many<'c, C, O> for S
where
    S: Fn(&'c mut PgConnection, &'c [C]) -> R + Copy + Send + Sync + 'static,
    R: Future<Output = QueryResult<Vec<O>>> + Send,
{
    type Running = R;
}

impl HotSteps {
    /// Queues whose batches are done on that runtime, by a pool of so many connections.
    pub(crate) fn new(connections: &Connections, pool_size: usize, runtime: &Handle) -> Self {
        use Repetition::{Harmful, Harmless};
        let permits = Permits::of_pool(pool_size);
        let takes = connections.clone();
        let rotated = |rotate: &Rotate| Some(rotate.session.as_uuid());
        let owner = |open: &Open| Some(open.session.session.user.as_uuid());
        let settled = |settlement: &Settlement| Some(settlement.id.as_uuid());
        Self {
            // Calls that take from one row take from it together.
            take: Batches::new(
                runtime,
                &permits,
                |_| None,
                move |calls| {
                    let takes = takes.clone();
                    Box::pin(async move { take_buckets(&takes, calls).await })
                },
            ),
            find_session: Batches::new(runtime, &permits, |_| None, at_once(connections, Harmless, find_sessions)),
            find_holders: Batches::new(runtime, &permits, |_| None, at_once(connections, Harmless, find_holders)),
            find_flow: Batches::new(runtime, &permits, |_| None, at_once(connections, Harmless, find_flows)),
            rotate: Batches::new(runtime, &permits, rotated, at_once(connections, Harmful, rotate_sessions)),
            // Ids of challenges are minted anew: calls that share one fail together, and then one by one.
            start: Batches::new(runtime, &permits, |_| None, at_once(connections, Harmful, start_flows)),
            open: Batches::new(runtime, &permits, owner, at_once(connections, Harmful, open_sessions)),
            settle: Batches::lingering(
                runtime,
                &permits,
                SETTLE_LINGER,
                settled,
                at_once(connections, Harmful, settle_messages),
            ),
        }
    }
}

/// Does all calls in one statement, in a span of the place where the step is named.
#[track_caller]
fn at_once<C: Send + Sync + 'static, O: Send + 'static>(
    connections: &Connections,
    repetition: Repetition,
    step: impl for<'c> Many<'c, C, O>,
) -> impl for<'c> Fn(&'c [C]) -> BoxFuture<'c, Result<Vec<O>, Refusal>> + Send + Sync + 'static {
    let (connections, at) = (connections.clone(), Location::caller());
    move |calls| {
        let connections = connections.clone();
        Box::pin(async move {
            connections.attempt_at(at, repetition, async |connection| step(connection, calls).await).await
        })
    }
}
