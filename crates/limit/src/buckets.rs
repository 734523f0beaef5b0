use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};

use crate::{Leased, Take, TakeOutcome};

/// The buckets of all subjects, shared by all nodes.
///
/// When a store fails, nobody knows what is left: credential endpoints then answer 503, and
/// nothing is sent. That is the caller's to do; this port only says that it failed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Buckets: Send + Sync {
    /// Takes from all buckets, or from none when one of them refuses.
    ///
    /// One atomic, durable step, as [`decide`](crate::decide) decides: of 200 concurrent takes
    /// on a full bucket of ten, exactly ten are admitted. Rows are locked in the order of
    /// [`rows_of`](crate::rows_of). A try is a take with a lockout among its members: it counts as a
    /// failure before anything is compared, so no burst gets more tries than the policy gives.
    async fn take(&self, takes: Vec<Take>, now: Timestamp) -> Result<TakeOutcome, StoreError>;

    /// Takes from each bucket by itself, for a node that hands the units out from memory.
    ///
    /// Each is a take of its own: all rates of its limit admit, or nothing of it is taken. The
    /// outcomes are in the order of the takes. What is not handed out is [given
    /// back](Self::refund) before it comes back by itself.
    async fn lease(&self, takes: Vec<Take>, now: Timestamp) -> Result<Vec<Leased>, StoreError>;

    /// Gives back what was taken a moment ago for nothing; never beyond a full bucket.
    ///
    /// A lockout gets back as many failures as the cost says, and is open again;
    /// [all of them](Take::cleared) after a success.
    async fn refund(&self, takes: Vec<Take>, now: Timestamp) -> Result<(), StoreError>;

    /// Forgets all [tries](crate::BucketKey::of_try) at an authenticator, whoever made them: it was bound anew.
    async fn clear_tries(&self, authenticator: [u8; 16]) -> Result<(), StoreError>;

    /// Deletes rows that say the same as nothing at that instant, at most `limit`; returns how many.
    ///
    /// `before` must not be later than now: a row that is forgotten early is a fuller bucket.
    async fn purge_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
