use std::sync::Arc;

use doorward_kernel::{AuditEvent, AuditKind, StoreError, Timestamp, UserId};
use doorward_limit::ConversionBreakers;
use doorward_user::{User, UserStatus, Users};

use super::{Accounts, DeleteOutcome, SignOutOutcome, StatusOutcome, UserQuery};
use crate::ClockAndIds;

/// Finds, closes, opens and deletes accounts for an operator, and stops SMS.
#[derive(Clone)]
pub struct Operator {
    /// Clock and id generator.
    pub clock_and_ids: ClockAndIds,
    /// The accounts.
    pub users: Arc<dyn Users>,
    /// Writes changes of accounts.
    pub accounts: Arc<dyn Accounts>,
    /// The conversion breakers, which stop SMS.
    pub conversion_breakers: Arc<dyn ConversionBreakers>,
}

/// Why no one account was meant.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// There is none.
    #[error("there is no such account")]
    NotFound,
    /// Several claim the number, and nobody has verified it.
    #[error("several accounts claim the number; name one by its id")]
    Ambiguous(Vec<UserId>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operator {
    /// Every account that is named so: for a number its owner, then those who claim it.
    #[tracing::instrument(level = "debug", name = "operator.find", skip_all)]
    pub async fn find(&self, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        Ok(match query {
            UserQuery::Id(id) => self.users.find_by_id(*id).await?.into_iter().collect(),
            UserQuery::Email(email) => self.users.find_by_email(email).await?.into_iter().collect(),
            UserQuery::Phone(number) => {
                let holders = self.users.find_by_phone(number).await?;
                holders.owner.into_iter().chain(holders.claimants).collect()
            }
        })
    }

    /// The one account that is meant: whoever has verified the number, before all who claim it.
    #[tracing::instrument(level = "debug", name = "operator.select", skip_all)]
    pub async fn select(&self, query: &UserQuery) -> Result<User, SelectError> {
        let mut found = self.find(query).await?;
        let has_owner =
            matches!(query, UserQuery::Phone(number) if found.first().is_some_and(|user| user.has_verified(number)));
        if has_owner || found.len() == 1 {
            return Ok(found.swap_remove(0));
        }
        if found.is_empty() {
            return Err(SelectError::NotFound);
        }
        Err(SelectError::Ambiguous(found.iter().map(|user| user.id).collect()))
    }

    /// Opens or closes the account; closing ends its sessions for good.
    #[tracing::instrument(level = "debug", name = "operator.set_status", skip_all)]
    pub async fn set_status(&self, user: UserId, status: UserStatus) -> Result<StatusOutcome, StoreError> {
        let now = self.clock_and_ids.now();
        let kind = match status {
            UserStatus::Active => AuditKind::UserEnabled,
            UserStatus::Disabled => AuditKind::UserDisabled,
        };
        self.accounts.set_status(user, status, now, self.event_of(user, kind, now)).await
    }

    /// Ends every session of the account.
    #[tracing::instrument(level = "debug", name = "operator.sign_out", skip_all)]
    pub async fn sign_out(&self, user: UserId) -> Result<SignOutOutcome, StoreError> {
        let now = self.clock_and_ids.now();
        self.accounts.end_sessions(user, now, self.event_of(user, AuditKind::SessionsEnded, now)).await
    }

    /// Deletes the account; what is left of it is its id in the audit.
    #[tracing::instrument(level = "debug", name = "operator.delete", skip_all)]
    pub async fn delete(&self, user: UserId) -> Result<DeleteOutcome, StoreError> {
        let now = self.clock_and_ids.now();
        self.accounts.delete(user, self.event_of(user, AuditKind::UserDeleted, now)).await
    }

    fn event_of(&self, user: UserId, kind: AuditKind, now: Timestamp) -> AuditEvent {
        AuditEvent { user: Some(user), ..self.clock_and_ids.event(kind, now) }
    }
}
