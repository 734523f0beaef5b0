use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{Tripwire, TripwireVerdict, Tripwires, Wire, pass};

use super::MemoryStore;

#[async_trait]
impl Tripwires for MemoryStore {
    async fn find(&self, wires: Vec<Wire>) -> Result<Vec<(Wire, Tripwire)>, StoreError> {
        let find =
            |wire: Wire| self.read(|state| state.tripwires.get(&wire).map(|(kept, _)| (wire.clone(), kept.clone())));
        Ok(wires.into_iter().filter_map(find).collect())
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(Wire, Tripwire)>, StoreError> {
        Ok(self.read(|state| {
            let closed = state.tripwires.iter().filter(|(_, (kept, _))| kept.closed_until.is_some());
            closed.map(|(wire, (kept, _))| (wire.clone(), kept.clone())).take(limit as usize).collect()
        }))
    }

    async fn pass(&self, wires: Vec<Wire>, now: Timestamp) -> Result<Vec<TripwireVerdict>, StoreError> {
        self.write(|state| {
            let kept = |wire: &Wire| state.tripwires.get(wire).map(|(kept, _)| kept.clone()).unwrap_or_default();
            let mut states: Vec<_> = wires.into_iter().map(|wire| (wire.clone(), kept(&wire))).collect();
            let verdicts = pass(&mut states, now);
            state.tripwires.extend(states.into_iter().map(|(wire, kept)| (wire, (kept, now))));
            Ok(verdicts)
        })
    }

    async fn verified(&self, wires: Vec<Wire>, sent_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.write(|state| {
            for wire in wires {
                if let Some((kept, _)) = state.tripwires.get_mut(&wire) {
                    kept.on_verified(&wire.kind.policy(), sent_at, now);
                }
            }
            Ok(())
        })
    }

    async fn reopen(&self, wire: Wire, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(|state| {
            let was_there = state.tripwires.remove(&wire).is_some();
            if was_there {
                state.record(audit);
            }
            Ok(was_there)
        })
    }

    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let untouched = state.tripwires.iter().filter(|(_, (_, touched_at))| *touched_at < before);
            let untouched: Vec<_> = untouched.map(|(wire, _)| wire.clone()).take(limit as usize).collect();
            for wire in &untouched {
                state.tripwires.remove(wire);
            }
            Ok(untouched.len() as u64)
        })
    }
}
