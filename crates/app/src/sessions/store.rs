use async_trait::async_trait;
use doorward_kernel::{AuditEvent, SessionId, StoreError, Timestamp};
use doorward_notifier::Message;
use doorward_session::EndOutcome;

use crate::SignedIn;

/// Sessions together with their users.
#[async_trait]
pub trait SessionLookup: Send + Sync {
    /// The session and its user, ended or not, in one query by its key.
    async fn find(&self, session: SessionId) -> Result<Option<SignedIn>, StoreError>;

    /// Ends a session whose spent refresh token came back, and tells its owner, all or nothing.
    ///
    /// Atomic: one of any number of concurrent calls ends it, and only that one writes the notice.
    async fn end_reused(
        &self,
        session: SessionId,
        notice: Message,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<EndOutcome, StoreError>;
}
