use std::time::Duration;

use doorward_kernel::{PhoneNumber, StoreError, Timestamp};
use doorward_limit::{BudgetKey, BudgetKind, Standing};

use super::{SmsGate, recent::Recent};

/// How long a node goes by what a start has found.
const FOUND: Duration = Duration::from_secs(1);

/// The numbers that starts of this node have just found proved, so that the worker need not look again.
#[derive(Debug, Default)]
pub(super) struct Standings(Recent<[u8; 32], ()>);

impl SmsGate {
    /// Notes what a start has found; what nobody has proved is looked at again, as its sends are counted.
    pub(crate) fn found(&self, number: &PhoneNumber, standing: Standing, now: Timestamp) {
        match standing {
            Standing::Proved => {
                self.limiter.memory.standings.0.learn(self.key(number), (), FOUND, now);
            }
            Standing::Unproved => {}
        }
    }

    /// Whether somebody has proved the number, as of a second ago at most.
    pub(super) async fn standing_of_late(&self, number: &PhoneNumber, now: Timestamp) -> Result<Standing, StoreError> {
        match self.limiter.memory.standings.0.get(self.key(number), FOUND, now) {
            Some(()) => Ok(Standing::Proved),
            None => self.standing(number).await,
        }
    }

    fn key(&self, number: &PhoneNumber) -> [u8; 32] {
        BudgetKey::new(&*self.limiter.digests, BudgetKind::SMS, number.as_str()).subject
    }
}
