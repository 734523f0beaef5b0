use std::time::Duration;

use doorward_kernel::Timestamp;
use doorward_limit::{BudgetKey, BudgetKind, Draw};

use super::recent::Recent;

/// How long a refusal is repeated without asking: what is given back meanwhile counts a second late.
const REPEATED: Duration = Duration::from_secs(1);

/// The budgets that whoever floods us runs into.
const OF_FLOODS: [BudgetKind; 8] = [
    BudgetKind::IP_CREDENTIALS,
    BudgetKind::IP_FAILURES,
    BudgetKind::IP_SENDS,
    BudgetKind::IP_REGISTRATIONS,
    BudgetKind::NET_FAILURES,
    BudgetKind::NET_SENDS,
    BudgetKind::REFRESH,
    BudgetKind::CLIENT_FAILURES,
];

/// Whom this node has just refused, so that a flood costs one statement a second and not one a call.
#[derive(Debug, Default)]
pub(super) struct RecentlyRefused(Recent<BudgetKey, u32>);

impl RecentlyRefused {
    /// The budgets of a call that have just refused, and the seconds that their callers were told to wait.
    pub(super) fn among(&self, draws: &[Draw], now: Timestamp) -> Option<(Vec<BudgetKey>, u32)> {
        let known = |draw: &Draw| Some((draw.key, self.0.get(draw.key, REPEATED, now)?));
        let (refused, waits): (Vec<_>, Vec<_>) = draws.iter().filter_map(known).unzip();
        Some((refused, waits.into_iter().max()?))
    }

    /// Remembers a refusal and the seconds that its caller is told to wait.
    pub(super) fn remember(&self, refused: &[BudgetKey], retry_after: u32, now: Timestamp) {
        for budget in refused.iter().filter(|budget| OF_FLOODS.contains(&budget.kind)) {
            self.0.learn(*budget, retry_after, REPEATED, now);
        }
    }
}
