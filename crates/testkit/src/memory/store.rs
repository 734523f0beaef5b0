use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use doorward_kernel::{AuditEvent, StoreError, UserId};
use doorward_limit::Lockout;
use doorward_notifier::Message;
use doorward_user::User;

use super::state::State;
use crate::AuditLog;

/// Every store port over plain maps behind one lock: each call is one atomic step.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// Reads the state.
    pub(super) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state; what a failing step has changed is undone.
    pub(super) fn write<T>(&self, step: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = state.clone();
        let outcome = step(&mut changed)?;
        *state = changed;
        Ok(outcome)
    }

    /// Every audit event, oldest first.
    pub fn audit(&self) -> Vec<AuditEvent> {
        self.read(|state| state.audit.clone())
    }

    /// Every lockout, in no order that shows whose it is.
    pub fn lockouts(&self) -> Vec<Lockout> {
        self.read(|state| state.buckets.lockouts())
    }

    /// Every message in the outbox that waits or is dead, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        let mut messages: Vec<_> =
            self.read(|state| state.outbox.values().filter(|it| !it.is_sent()).map(|it| it.message.clone()).collect());
        messages.sort_by_key(|message| (message.created_at, message.id));
        messages
    }

    /// Leaves the account's number claimed and not verified, as that of an imported account may be.
    pub fn unverify_number(&self, user: UserId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let phone = state.users.get_mut(&user).and_then(|account| account.user.phone.as_mut());
        phone.map(|phone| phone.verified_at = None).unwrap_or_default();
    }

    /// Every account, oldest first.
    pub fn users(&self) -> Vec<User> {
        let mut users: Vec<_> = self.read(|state| state.users.values().map(|account| account.user.clone()).collect());
        users.sort_by_key(|user| (user.created_at, user.id));
        users
    }
}

#[async_trait]
impl AuditLog for MemoryStore {
    async fn events(&self) -> Vec<AuditEvent> {
        self.audit()
    }
}
