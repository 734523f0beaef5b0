use async_trait::async_trait;
use doorward_app::password_login::{PasswordLogins, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    hot::go_on_by_password,
    steps::{audit::insert_audit, sessions::evict_oldest, users},
    store::Abort,
};

#[async_trait]
impl PasswordLogins for PgStore {
    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        if let Then::Session(_) = right.then {
            self.session_counts.forget(right.user);
        }
        let outcome = self.once(&right, |connection, right| Box::pin(go_on_by_password(connection, right))).await?;
        match outcome {
            Some(outcome) => Ok(outcome),
            None => self.transaction(&right, |connection, right| Box::pin(evict_and_go_on(connection, right))).await,
        }
    }

    async fn rehash(&self, asked: Rehash) -> Result<RehashOutcome, StoreError> {
        self.transaction(&asked, |connection, asked| Box::pin(make_anew(connection, asked))).await
    }
}

/// Ends the oldest sessions first: what most logins need not do.
async fn evict_and_go_on(
    connection: &mut PgConnection,
    right: &RightPassword,
) -> Result<PasswordOutcome, Abort<PasswordOutcome>> {
    // It locks the account, too, so that there is still room for the new session afterwards.
    let mut outcome = go_on_by_password(connection, right).await?;
    if let (None, Then::Session(opening)) = (&outcome, &right.then) {
        evict_oldest(connection, &opening.session, &opening.cap, right.now).await?;
        outcome = go_on_by_password(connection, right).await?;
    }
    match outcome.unwrap_or(PasswordOutcome::Conflict) {
        done @ PasswordOutcome::Done(_) => Ok(done),
        // Of a login that leads nowhere, nothing stays.
        outcome @ (PasswordOutcome::Closed | PasswordOutcome::Conflict) => Err(Abort::Outcome(outcome)),
    }
}

async fn make_anew(connection: &mut PgConnection, asked: &Rehash) -> Result<RehashOutcome, Abort<RehashOutcome>> {
    if !users::rehash(connection, asked.user, &asked.old, &asked.new).await? {
        return Ok(RehashOutcome::Conflict);
    }
    insert_audit(connection, &asked.audit).await?;
    Ok(RehashOutcome::Rehashed)
}
