use std::{
    collections::HashMap,
    sync::{Arc, Mutex as SyncMutex, PoisonError, Weak},
};

use doorward_kernel::ChallengeId;
use futures_util::lock::{Mutex, OwnedMutexGuard};

/// From so many entries on, those that nobody waits for are dropped.
const CROWDED: usize = 1024;

/// Lets the tries at one flow follow one another on this node.
///
/// Of a burst of right codes the first one ends the flow, and the others find it over; side by side they
/// would use up what wrong codes are counted against before any of them could give it back.
#[derive(Debug, Default)]
pub(super) struct FlowLocks(SyncMutex<HashMap<ChallengeId, Weak<Mutex<()>>>>);

/// The right to try at a flow, until it is dropped.
#[derive(Clone, Debug)]
pub(crate) struct FlowLock(#[expect(dead_code, reason = "it is held, and never read")] Arc<OwnedMutexGuard<()>>);

impl FlowLocks {
    /// Waits for those who came before.
    pub(super) async fn lock(&self, flow: ChallengeId) -> FlowLock {
        let mutex = self.mutex(flow);
        FlowLock(Arc::new(mutex.lock_owned().await))
    }

    fn mutex(&self, flow: ChallengeId) -> Arc<Mutex<()>> {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flows.len() >= CROWDED {
            flows.retain(|_, mutex| mutex.strong_count() > 0);
        }
        if let Some(mutex) = flows.get(&flow).and_then(Weak::upgrade) {
            return mutex;
        }
        let mutex = Arc::new(Mutex::new(()));
        flows.insert(flow, Arc::downgrade(&mutex));
        mutex
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn flow(number: u8) -> ChallengeId {
        ChallengeId::from_bytes([number; 16])
    }

    #[test]
    fn tries_at_one_flow_wait_for_one_another_and_for_no_other() {
        let locks = FlowLocks::default();

        let first = locks.lock(flow(1)).now_or_never();
        let second = locks.lock(flow(1)).now_or_never();
        let other = locks.lock(flow(2)).now_or_never();
        drop(first.clone());
        let still = locks.lock(flow(1)).now_or_never();
        let was_held = first.is_some();
        drop(first);

        assert!(was_held && other.is_some());
        assert!(second.is_none() && still.is_none());
        assert!(locks.lock(flow(1)).now_or_never().is_some());
    }

    #[test]
    fn flows_that_nobody_tries_are_forgotten() {
        let locks = FlowLocks::default();
        let held = locks.lock(ChallengeId::from_bytes([9; 16])).now_or_never();

        for number in 0..3000_u16 {
            let mut bytes = [0; 16];
            bytes[..2].copy_from_slice(&number.to_be_bytes());
            assert!(locks.lock(ChallengeId::from_bytes(bytes)).now_or_never().is_some());
        }

        assert!(locks.0.lock().unwrap().len() <= CROWDED);
        assert!(held.is_some() && locks.lock(ChallengeId::from_bytes([9; 16])).now_or_never().is_none());
    }
}
