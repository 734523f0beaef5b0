use std::time::Duration;

use doorward_app::{
    SignedIn,
    flow::{FoundFlow, Start},
    sessions::RotateOutcome,
};
use doorward_kernel::{ChallengeId, SessionId};
use doorward_notifier::Settlement;
use tokio::runtime::Handle;

use super::{
    Open, Opening, Rotate, find_flows::find_flows, find_sessions::find_sessions, open_sessions::open_sessions,
    rotate_sessions::rotate_sessions, settle_messages::settle_messages, start_flows::start_flows,
    take_buckets::TakeBuckets,
};
use crate::{
    batch::{Batches, Step},
    store::Connections,
};

/// For how long a message that was sent waits to be settled with others: much shorter than its lease.
const SETTLE_LINGER: Duration = Duration::from_millis(20);

/// A queue for each hot step.
pub(crate) struct HotSteps {
    pub(crate) take: Batches<TakeBuckets>,
    pub(crate) find_session: Batches<Step<SessionId, Option<SignedIn>>>,
    pub(crate) find_flow: Batches<Step<ChallengeId, Option<FoundFlow>>>,
    pub(crate) rotate: Batches<Step<Rotate, RotateOutcome>>,
    pub(crate) start: Batches<Step<Start, ()>>,
    pub(crate) open: Batches<Step<Open, Opening>>,
    pub(crate) settle: Batches<Step<Settlement, ()>>,
}

impl HotSteps {
    /// Queues whose batches are done on that runtime.
    pub(crate) fn new(connections: &Connections, runtime: &Handle) -> Self {
        let find_session =
            Step::reading(connections.clone(), |connection, ids| Box::pin(find_sessions(connection, ids)));
        let find_flow = Step::reading(connections.clone(), |connection, ids| Box::pin(find_flows(connection, ids)));
        let rotate = Step::writing(
            connections.clone(),
            |rotate: &Rotate| Some(rotate.session.as_uuid()),
            |connection, calls| Box::pin(rotate_sessions(connection, calls)),
        );
        // Ids of challenges are minted anew: calls that share one fail together, and then one by one.
        let start =
            Step::writing(connections.clone(), |_| None, |connection, calls| Box::pin(start_flows(connection, calls)));
        let open = Step::writing(
            connections.clone(),
            |open: &Open| Some(open.session.session.user.as_uuid()),
            |connection, calls| Box::pin(open_sessions(connection, calls)),
        );
        let settle = Step::writing(
            connections.clone(),
            |settlement: &Settlement| Some(settlement.id.as_uuid()),
            |connection, calls| Box::pin(settle_messages(connection, calls)),
        );
        Self {
            take: Batches::new(TakeBuckets(connections.clone()), runtime.clone()),
            find_session: Batches::new(find_session, runtime.clone()),
            find_flow: Batches::new(find_flow, runtime.clone()),
            rotate: Batches::new(rotate, runtime.clone()),
            start: Batches::new(start, runtime.clone()),
            open: Batches::new(open, runtime.clone()),
            settle: Batches::lingering(settle, SETTLE_LINGER, runtime.clone()),
        }
    }
}
