use doorward_app::sessions::SignedIn;
use doorward_kernel::{ChallengeId, SessionId};
use doorward_otp::Challenge;
use doorward_session::RotateOutcome;
use tokio::runtime::Handle;

use super::{Rotate, find_challenges::find_challenges, find_sessions::find_sessions, rotate_sessions::rotate_sessions};
use crate::{
    batch::{Batches, Step},
    store::Connections,
};

/// A queue for each hot step.
pub(crate) struct HotSteps {
    pub(crate) find_session: Batches<Step<SessionId, Option<SignedIn>>>,
    pub(crate) find_challenge: Batches<Step<ChallengeId, Option<Challenge>>>,
    pub(crate) rotate: Batches<Step<Rotate, RotateOutcome>>,
}

impl HotSteps {
    /// Queues whose batches are done on that runtime.
    pub(crate) fn new(connections: &Connections, runtime: &Handle) -> Self {
        let find_session =
            Step::reading(connections.clone(), |connection, ids| Box::pin(find_sessions(connection, ids)));
        let find_challenge =
            Step::reading(connections.clone(), |connection, ids| Box::pin(find_challenges(connection, ids)));
        let rotate = Step::writing(
            connections.clone(),
            |rotate: &Rotate| Some(rotate.session.as_uuid()),
            |connection, calls| Box::pin(rotate_sessions(connection, calls)),
        );
        Self {
            find_session: Batches::new(find_session, runtime.clone()),
            find_challenge: Batches::new(find_challenge, runtime.clone()),
            rotate: Batches::new(rotate, runtime.clone()),
        }
    }
}
