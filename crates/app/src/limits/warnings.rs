use std::time::Duration;

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::BucketKind;

use super::RateLimiter;

/// How often an operator is warned of one bucket.
const DAY: Duration = Duration::from_hours(24);

impl RateLimiter {
    /// Warns of a bucket of all that runs low, if it is one that operators are warned of.
    pub(super) async fn warn(&self, kind: BucketKind, now: Timestamp) -> Result<(), StoreError> {
        match warning(kind) {
            Some(kind) => self.record_once(kind, "", DAY, now).await,
            None => Ok(()),
        }
    }
}

fn warning(kind: BucketKind) -> Option<AuditKind> {
    let warnings = [
        (BucketKind::SMS_BUDGET, AuditKind::SmsBudgetWarning),
        (BucketKind::SMS_SPEND, AuditKind::SmsSpendWarning),
        (BucketKind::EMAIL_BUDGET, AuditKind::EmailBudgetWarning),
    ];
    warnings.into_iter().find_map(|(of, warning)| (of == kind).then_some(warning))
}
