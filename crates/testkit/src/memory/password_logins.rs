use async_trait::async_trait;
use doorward_app::password_login::{
    Opening, PasswordLogins, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then,
};
use doorward_kernel::StoreError;

use super::{MemoryStore, state::insert};

#[async_trait]
impl PasswordLogins for MemoryStore {
    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        let RightPassword { user: id, verifier, done, then, clears, now } = right;
        self.write(|state| {
            if state.active(id).is_none_or(|account| account.verifier != verifier) {
                return Ok(PasswordOutcome::Conflict);
            }
            if done.is_some_and(|challenge| state.open(challenge, now).is_none()) {
                return Ok(PasswordOutcome::Closed);
            }
            match then {
                Then::Step(start) => {
                    done.map(|challenge| state.advance(challenge, start.challenge.id, now));
                    state.start(*start)?;
                }
                Then::Session(opening) => {
                    done.map(|challenge| state.close(challenge, now));
                    let Opening { session, cap, new_device, audit } = *opening;
                    state.record(audit);
                    state.tell_of_device(id, new_device, now)?;
                    state.evict_oldest(id, cap, now)?;
                    insert(&mut state.sessions, session.id, session)?;
                }
            }
            state.lockouts.retain(|key, _| !clears.contains(key));
            let user = state.active(id).map(|account| account.user.clone());
            user.map(PasswordOutcome::Done).ok_or_else(|| StoreError::failed("the account is gone"))
        })
    }

    async fn rehash(&self, Rehash { user, old, new, audit }: Rehash) -> Result<RehashOutcome, StoreError> {
        self.write(|state| {
            let Some(account) = state.users.get_mut(&user).filter(|account| account.verifier == old) else {
                return Ok(RehashOutcome::Conflict);
            };
            account.verifier = new;
            state.record(audit);
            Ok(RehashOutcome::Rehashed)
        })
    }
}
