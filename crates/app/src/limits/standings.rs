use std::time::Duration;

use doorward_kernel::{PhoneNumber, StoreError, Timestamp};
use doorward_limit::{BucketKey, BucketKind, Standing};

use super::{SmsGate, recent::Recent};

/// How long a node goes by what a start has found.
const FOUND: Duration = Duration::from_secs(1);

/// Whether the numbers of this node's starts were found verified, so that the worker need not look again.
#[derive(Debug, Default)]
pub(super) struct Standings(Recent<[u8; 32], Standing>);

impl SmsGate {
    /// Notes what a start has found, in place of what an earlier one did.
    pub(crate) fn found(&self, number: &PhoneNumber, standing: Standing, now: Timestamp) {
        let (standings, key) = (&self.limiter.memory.standings.0, self.key(number));
        standings.forget(key);
        standings.learn(key, standing, FOUND, now);
    }

    /// What a start of this node has just found, if one has.
    pub(super) fn just_found(&self, number: &PhoneNumber, now: Timestamp) -> Option<Standing> {
        self.limiter.memory.standings.0.get(self.key(number), FOUND, now)
    }

    /// Whether somebody has verified the number, as of a second ago at most.
    pub(super) async fn standing_of_late(&self, number: &PhoneNumber, now: Timestamp) -> Result<Standing, StoreError> {
        match self.just_found(number, now) {
            Some(standing) => Ok(standing),
            None => self.standing(number).await,
        }
    }

    fn key(&self, number: &PhoneNumber) -> [u8; 32] {
        BucketKey::new(&*self.limiter.digests, BucketKind::SMS, number.as_str()).subject
    }
}
