use async_trait::async_trait;
use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp};
use doorward_limit::{BudgetKey, BudgetKind, Draw, DrawOutcome, Limit};

use super::Guard;

/// Records what goes with no other write: warnings, refusals, alarms.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Incidents: Send + Sync {
    /// Records the event.
    async fn record(&self, event: AuditEvent) -> Result<(), StoreError>;
}

impl Guard {
    /// Records and logs an incident, at most as often as the limit admits, whatever number of nodes see it.
    ///
    /// The subject tells incidents of a kind apart; it is hidden from the store as all subjects are.
    pub(super) async fn tell(
        &self,
        kind: AuditKind,
        subject: &str,
        often: Limit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let subject = format!("{} {subject}", kind.as_str());
        let once = Draw::one(BudgetKey::new(&*self.digests, BudgetKind::TOLD, &subject), often);
        if self.budgets.draw(vec![once], now).await? == DrawOutcome::Admitted {
            tracing::warn!(incident = kind.as_str(), "limits have something to tell");
            self.incidents.record(self.moment.event(kind, now)).await?;
        }
        Ok(())
    }
}
