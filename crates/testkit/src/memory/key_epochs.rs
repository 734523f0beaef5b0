use std::collections::{BTreeSet, btree_map::Entry};

use async_trait::async_trait;
use doorward_app::keys::{EpochPeriod, EpochUse, KeyEpochs, RetireOutcome};
use doorward_kernel::{AuditEvent, EpochId, KeyEpoch, StoreError, Timestamp, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};
use doorward_session::{Carrier, Session};
use doorward_user::{PasswordVerifier, Resealed, SealedCount};

use super::{MemoryStore, state::State};

#[async_trait]
impl KeyEpochs for MemoryStore {
    async fn list(&self) -> Result<Vec<KeyEpoch>, StoreError> {
        Ok(self.read(|state| state.epochs.values().cloned().collect()))
    }

    async fn add(&self, epoch: KeyEpoch, audit: AuditEvent) -> Result<Vec<KeyEpoch>, StoreError> {
        self.write(|state| {
            if let Entry::Vacant(entry) = state.epochs.entry(epoch.id) {
                entry.insert(epoch);
                state.record(audit);
            }
            Ok(state.epochs.values().cloned().collect())
        })
    }

    async fn retire(&self, id: EpochId, now: Timestamp, audit: AuditEvent) -> Result<RetireOutcome, StoreError> {
        self.write(|state| {
            let could_replace = |epoch: &KeyEpoch| epoch.id != id && epoch.retired_at.is_none() && epoch.has_begun(now);
            let is_needed = !state.epochs.values().any(could_replace);
            let Some(epoch) = state.epochs.get_mut(&id) else { return Ok(RetireOutcome::NotFound) };
            if epoch.retired_at.is_some() {
                return Ok(RetireOutcome::AlreadyRetired);
            }
            if is_needed {
                return Ok(RetireOutcome::Needed);
            }
            epoch.retired_at = Some(now);
            state.record(audit);
            Ok(RetireOutcome::Retired)
        })
    }

    async fn count_uses(
        &self,
        period: EpochPeriod,
        seen_after: Timestamp,
        now: Timestamp,
    ) -> Result<EpochUse, StoreError> {
        let is_of = |session: &Session| match session.carrier {
            Carrier::Token => period.from <= session.rotated_at && session.rotated_at < period.until,
            Carrier::Cookie => session.created_at < period.until && period.from <= session.last_seen_at,
        };
        let is_live = |session: &Session| session.ended_at.is_none() && session.last_seen_at > seen_after;
        Ok(self.read(|state| {
            let sessions = state.sessions.values().filter(|session| is_live(session) && is_of(session)).count();
            let flows = state.challenges.values();
            let flows = flows.filter(|flow| flow.epoch == period.epoch && flow.denial(now).is_none()).count();
            EpochUse { sessions: sessions as u64, flows: flows as u64 }
        }))
    }

    async fn count_verifiers(&self, key_id: &str, now: Timestamp) -> Result<SealedCount, StoreError> {
        let is_under = |verifier: &PasswordVerifier| verifier.key_id() == Some(key_id);
        Ok(self.read(|state| {
            let accounts = state.users.values().filter(|account| is_under(&account.verifier)).count();
            let is_open = |id| state.challenges.get(id).is_some_and(|challenge| challenge.denial(now).is_none());
            let drafts = state.drafts.iter().filter(|(id, draft)| is_under(&draft.verifier) && is_open(id));
            SealedCount { accounts: accounts as u64, registrations: drafts.count() as u64 }
        }))
    }

    async fn verifiers(
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

    async fn verifier_kinds(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.read(|state| {
            let texts = state.users.values().filter_map(|account| account.verifier.as_str().split_once("keyid="));
            let kinds: BTreeSet<_> = texts.map(|(kind, _)| kind.to_owned()).filter(|kind| !kind.is_empty()).collect();
            kinds.into_iter().take(256).collect()
        }))
    }

    async fn reseal_verifiers(&self, resealed: Vec<Resealed>) -> Result<u64, StoreError> {
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

    async fn count_seeds(&self, epoch: EpochId) -> Result<u64, StoreError> {
        Ok(self.read(|state| seeds(state).iter().filter(|(_, seed)| seed.epoch == epoch).count()) as u64)
    }

    async fn seeds(
        &self,
        epoch: EpochId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, SealedSeed)>, StoreError> {
        let mut seeds = self.read(seeds);
        seeds.retain(|(user, seed)| seed.epoch == epoch && after.is_none_or(|after| after < *user));
        let last = seeds.iter().take(limit as usize).next_back().map(|(user, _)| *user);
        seeds.retain(|(user, _)| last.is_some_and(|last| *user <= last));
        Ok(seeds)
    }

    async fn reseal_seeds(&self, resealed: Vec<ResealedSeed>) -> Result<u64, StoreError> {
        self.write(|state| {
            let mut replaced = 0;
            for ResealedSeed { user, from, to } in resealed {
                let app = state.authenticators.get_mut(&user).map(|found| &mut found.seed);
                let held = state.pending_authenticators.get_mut(&user).map(|found| &mut found.seed);
                for seed in app.into_iter().chain(held).filter(|seed| **seed == from) {
                    *seed = to.clone();
                    replaced += 1;
                }
            }
            Ok(replaced)
        })
    }
}

/// The seeds of apps that count, or wait to, and of those that are held, by their users.
fn seeds(state: &State) -> Vec<(UserId, SealedSeed)> {
    let apps = state.authenticators.values().map(|app| (app.user, app.seed.clone()));
    let mut seeds: Vec<_> =
        apps.chain(state.pending_authenticators.values().map(|held| (held.user, held.seed.clone()))).collect();
    seeds.sort_by_key(|(user, _)| *user);
    seeds
}
