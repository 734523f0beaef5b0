use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CountedTry, LockoutKey, LockoutTry, Lockouts};

use super::MemoryStore;

#[async_trait]
impl Lockouts for MemoryStore {
    async fn count(&self, asked: Vec<LockoutTry>, now: Timestamp) -> Result<CountedTry, StoreError> {
        self.write(|state| {
            let kept = |tried: LockoutTry| {
                let lockout = state.lockouts.get(&tried.key).map(|(lockout, _)| *lockout).unwrap_or_default();
                (tried, lockout)
            };
            let tried = CountedTry::of(&asked.into_iter().map(kept).collect::<Vec<_>>(), now);
            state.lockouts.extend(tried.counted.iter().map(|(key, lockout)| (*key, (*lockout, now))));
            Ok(tried)
        })
    }

    async fn put_back(&self, tried: CountedTry) -> Result<(), StoreError> {
        self.write(|state| {
            for (key, counted) in &tried.counted {
                if let Some((lockout, _)) = state.lockouts.get_mut(key)
                    && lockout.consecutive == counted.consecutive
                {
                    *lockout = counted.without_last();
                }
            }
            Ok(())
        })
    }

    async fn clear(&self, keys: Vec<LockoutKey>) -> Result<(), StoreError> {
        self.write(|state| {
            state.lockouts.retain(|key, _| !keys.contains(key));
            Ok(())
        })
    }

    async fn clear_all(&self, authenticator: [u8; 32]) -> Result<(), StoreError> {
        self.write(|state| {
            state.lockouts.retain(|key, _| key.authenticator != authenticator);
            Ok(())
        })
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write(|state| {
            let old = state.lockouts.iter().filter(|(_, (_, counted_at))| *counted_at < before);
            let old: Vec<_> = old.map(|(key, _)| *key).take(limit as usize).collect();
            for key in &old {
                state.lockouts.remove(key);
            }
            Ok(old.len() as u64)
        })
    }
}
