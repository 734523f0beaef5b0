use async_trait::async_trait;
use doorward_app::operator::{Import, ImportOutcome, Imports};
use doorward_kernel::StoreError;

use super::{
    MemoryStore,
    state::{Account, State, insert},
};

#[async_trait]
impl Imports for MemoryStore {
    async fn import(&self, batch: Vec<Import>) -> Result<Vec<ImportOutcome>, StoreError> {
        self.write(|state| batch.into_iter().map(|import| take_over(state, import)).collect())
    }
}

fn take_over(state: &mut State, Import { user, verifier, audit }: Import) -> Result<ImportOutcome, StoreError> {
    if let Some(owner) = state.owner(&user.email) {
        return Ok(ImportOutcome::EmailTaken { created_at: owner.user.created_at });
    }
    let verified = user.phone.as_ref().filter(|phone| phone.verified_at.is_some());
    if verified.is_some_and(|phone| state.users.values().any(|account| account.user.has_verified(&phone.number))) {
        return Ok(ImportOutcome::PhoneTaken);
    }
    insert(&mut state.users, user.id, Account { user, verifier })?;
    state.record(audit);
    Ok(ImportOutcome::Imported)
}
