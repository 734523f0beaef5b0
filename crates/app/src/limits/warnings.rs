use std::time::Duration;

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::BudgetKind;

use super::RateLimiter;

/// How often an operator is warned of one budget.
const DAY: Duration = Duration::from_hours(24);

impl RateLimiter {
    /// Warns of a budget of all that runs low, if it is one that operators are warned of.
    pub(super) async fn warn(&self, kind: BudgetKind, now: Timestamp) -> Result<(), StoreError> {
        match warning(kind) {
            Some(kind) => self.record_once(kind, "", DAY, now).await,
            None => Ok(()),
        }
    }
}

fn warning(kind: BudgetKind) -> Option<AuditKind> {
    let warnings = [
        (BudgetKind::SMS_BUDGET, AuditKind::SmsBudgetWarning),
        (BudgetKind::SMS_SPEND, AuditKind::SmsSpendWarning),
        (BudgetKind::EMAIL_BUDGET, AuditKind::EmailBudgetWarning),
    ];
    warnings.into_iter().find_map(|(of, warning)| (of == kind).then_some(warning))
}
