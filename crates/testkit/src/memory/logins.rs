use async_trait::async_trait;
use doorward_app::logins::{
    LoginOutcome, Logins, OpenSession, Opening, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then,
};
use doorward_kernel::StoreError;
use doorward_user::User;

use super::{
    MemoryStore,
    state::{Account, insert},
};

#[async_trait]
impl Logins for MemoryStore {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        let OpenSession {
            challenge,
            session,
            number,
            checked,
            spends,
            number_verification,
            cap,
            notes_use,
            new_device,
            now,
            audit,
        } = open;
        self.write(|state| {
            if state.open(challenge, now).is_none() {
                return Ok(LoginOutcome::Closed);
            }
            let may_open = |user: &User| {
                let has = |number| {
                    if number_verification.is_some() { user.carries(number) } else { user.has_verified(number) }
                };
                number.as_ref().is_none_or(has)
            };
            let is_checked = |account: &Account| checked.as_ref().is_none_or(|checked| *checked == account.verifier);
            if !state.active(session.user).is_some_and(|account| may_open(&account.user) && is_checked(account)) {
                state.close(challenge, now);
                return Ok(LoginOutcome::Refused);
            }
            if number_verification
                .as_ref()
                .is_some_and(|number_verification| state.is_verified_by_another(session.user, number_verification))
            {
                return Ok(LoginOutcome::Conflict);
            }
            if !state.spend(spends)? {
                return Ok(LoginOutcome::CodeRefused);
            }
            state.close(challenge, now);
            if let Some(number_verification) = number_verification {
                state.verify_number(session.user, number_verification, now)?;
            }
            state.record(audit);
            if let Some(account) = state.active(session.user).filter(|_| notes_use) {
                account.user.logins.number_used_at = Some(now);
            }
            state.tell_of_device(session.user, new_device, now)?;
            let user = state.active(session.user).map(|account| account.user.clone());
            state.evict_oldest(session.user, cap, now)?;
            insert(&mut state.sessions, session.id, session)?;
            user.map(LoginOutcome::Opened).ok_or_else(|| StoreError::failed("the account is gone"))
        })
    }

    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        let RightPassword { user: id, verifier, done, then, now } = right;
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
