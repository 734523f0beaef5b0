use async_trait::async_trait;
use doorward_kernel::{ChallengeId, StoreError, Timestamp};

use crate::{Entry, Report, ReportOutcome};

/// The delivery status of the codes that were accepted.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// The message that was made last for a code of that challenge, a decoy too, as long as it is kept.
    async fn latest(&self, challenge: ChallengeId) -> Result<Option<Entry>, StoreError>;

    /// At most `limit` codes that a provider took or that are dead, and whose outcome is known by then or will not be
    /// told any more, as they have expired (`expires_at <= now`); those that expire last first. No decoys.
    async fn recent(&self, now: Timestamp, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The codes of these challenges that a provider took, in no order, as long as they are kept.
    async fn taken(&self, challenges: &[ChallengeId]) -> Result<Vec<Entry>, StoreError>;

    /// Notes what a provider tells of a message that it has, or that is being handed over.
    ///
    /// An outcome ends the wait: nobody claims the message any more, also where its worker died before it settled. A
    /// message that waits for another try, as an answer was lost, ends by a delivery or with
    /// [`FailureAction::GiveUp`](crate::FailureAction::GiveUp); another failure leaves it the try.
    /// A delivery goes forward only: the first of delivered and failed stays, and read goes over delivered, at the
    /// instant at which the outcome was told first. One that is told twice changes nothing, and neither does a provider
    /// that another one has followed.
    /// With [`FailureAction::SendAgain`](crate::FailureAction::SendAgain) a first failure makes the message due at once,
    /// whoever holds it, as long as its challenge is open, its code still goes by the channels of the message, and it is
    /// worth sending; the provider is then the one that has failed.
    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError>;
}
