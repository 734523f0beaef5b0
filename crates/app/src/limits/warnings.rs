use std::time::Duration;

use doorward_kernel::{AuditKind, StoreError, Timestamp};
use doorward_limit::{BudgetKind, Draw};

use super::RateLimiter;

/// How often an operator is warned of one budget.
const DAY: Duration = Duration::from_hours(24);

impl RateLimiter {
    /// Warns of the budgets of all among the draws of which four fifths are used up.
    ///
    /// It is asked for whoever is sent to, nobody too, so that it takes as long for all.
    pub(super) async fn warn_of(&self, drawn: &[Draw], now: Timestamp) -> Result<(), StoreError> {
        let of_all = drawn.iter().filter(|draw| warning(draw.key.kind).is_some());
        let fifths: Vec<_> = of_all.flat_map(Draw::last_fifth).collect();
        if fifths.is_empty() {
            return Ok(());
        }
        for key in self.budgets.peek(fifths, now).await?.refused() {
            if let Some(kind) = warning(key.kind) {
                self.tell(kind, "", DAY, now).await?;
            }
        }
        Ok(())
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
