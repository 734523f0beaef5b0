use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{ConversionBreaker, ConversionBreakers, SmsDestination, try_send};

use super::MemoryStore;

#[async_trait]
impl ConversionBreakers for MemoryStore {
    async fn find(
        &self,
        destinations: Vec<SmsDestination>,
    ) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        let find = |destination: SmsDestination| {
            self.read(|state| {
                state.conversion_breakers.get(&destination).map(|(kept, _)| (destination.clone(), kept.clone()))
            })
        };
        Ok(destinations.into_iter().filter_map(find).collect())
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        Ok(self.read(|state| {
            let closed = state.conversion_breakers.iter().filter(|(_, (kept, _))| kept.closed_until.is_some());
            closed.map(|(destination, (kept, _))| (destination.clone(), kept.clone())).take(limit as usize).collect()
        }))
    }

    async fn try_send(
        &self,
        destinations: Vec<SmsDestination>,
        now: Timestamp,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        self.write(|state| {
            let kept = |destination: &SmsDestination| {
                state.conversion_breakers.get(destination).map(|(kept, _)| kept.clone()).unwrap_or_default()
            };
            let mut states: Vec<_> =
                destinations.into_iter().map(|destination| (destination.clone(), kept(&destination))).collect();
            let verdicts = try_send(&mut states, now);
            state.conversion_breakers.extend(states.into_iter().map(|(destination, kept)| (destination, (kept, now))));
            Ok(verdicts)
        })
    }

    async fn verified(
        &self,
        destinations: Vec<SmsDestination>,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|state| {
            for destination in destinations {
                if let Some((kept, _)) = state.conversion_breakers.get_mut(&destination) {
                    kept.on_verified(&destination.policy(), sent_at, now);
                }
            }
            Ok(())
        })
    }

    async fn reopen(&self, destination: SmsDestination, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(|state| {
            let was_there = state.conversion_breakers.remove(&destination).is_some();
            if was_there {
                state.record(audit);
            }
            Ok(was_there)
        })
    }

    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read(|state| state.sms_paused_since))
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(|state| {
            if state.sms_paused_since.is_some() {
                return Ok(false);
            }
            state.sms_paused_since = Some(now);
            state.record(audit);
            Ok(true)
        })
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(|state| {
            if state.sms_paused_since.take().is_none() {
                return Ok(false);
            }
            state.record(audit);
            Ok(true)
        })
    }

    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let untouched = state.conversion_breakers.iter().filter(|(_, (_, touched_at))| *touched_at < before);
            let untouched: Vec<_> =
                untouched.map(|(destination, _)| destination.clone()).take(limit as usize).collect();
            for destination in &untouched {
                state.conversion_breakers.remove(destination);
            }
            Ok(untouched.len() as u64)
        })
    }
}
