use std::collections::BTreeSet;

use async_trait::async_trait;
use doorward_kernel::{StoreError, Timestamp, UserId};
use doorward_user::{PasswordVerifier, Resealed, SealedCount, SealedVerifiers};

use super::MemoryStore;

#[async_trait]
impl SealedVerifiers for MemoryStore {
    async fn count(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError> {
        let is_under = |verifier: &PasswordVerifier| verifier.key_id() == Some(key_id);
        Ok(self.read(|state| {
            let accounts = state.users.values().filter(|account| is_under(&account.verifier)).count();
            let is_open = |id| state.challenges.get(id).is_some_and(|challenge| challenge.denial(now).is_none());
            let drafts = state.drafts.iter().filter(|(id, draft)| is_under(&draft.verifier) && is_open(id));
            SealedCount { accounts: accounts as u64, registrations: drafts.count() as u64 }
        }))
    }

    async fn list(
        &self,
        key_id: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, PasswordVerifier)>, StoreError> {
        Ok(self.read(|state| {
            let later = state.users.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
            let under = later.filter(|(_, account)| account.verifier.key_id() == Some(key_id));
            under.take(limit as usize).map(|(id, account)| (*id, account.verifier.clone())).collect()
        }))
    }

    async fn kinds(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.read(|state| {
            let texts = state.users.values().filter_map(|account| account.verifier.as_str().split_once("keyid="));
            let kinds: BTreeSet<_> = texts.map(|(kind, _)| kind.to_owned()).filter(|kind| !kind.is_empty()).collect();
            kinds.into_iter().take(256).collect()
        }))
    }

    async fn replace(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError> {
        self.write(|state| {
            let mut replaced = 0;
            for Resealed { user, from, to } in resealed {
                if let Some(account) = state.users.get_mut(&user).filter(|account| account.verifier == from) {
                    account.verifier = to;
                    replaced += 1;
                }
            }
            Ok(replaced)
        })
    }
}
