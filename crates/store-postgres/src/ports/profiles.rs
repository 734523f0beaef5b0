use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::AsyncConnection;
use doorward_app::{
    factors::{Outranked, kept_pending},
    profile::{
        CompleteEmail, CompletePhone, CompleteReset, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles,
        ResetOutcome,
    },
};
use doorward_kernel::{SessionId, StoreError};
use doorward_user::User;

use crate::{
    PgStore,
    connection::PgConnection,
    steps::{
        audit::insert_audit,
        authenticators::spend_code,
        challenges::{cancel_pending, close_all, close_challenge, close_mailed, insert_start},
        changes::insert_change,
        messages::{insert_messages, insert_notices},
        phone_ownership::verify_number,
        sessions::{end_all_sessions, end_other_sessions, end_sessions_but, methods_of},
        users::{UniqueOutcome, find_user, give_email, has_verifier, lock_active, lock_users, rename, set_password},
    },
    store::{Halt, Step},
};

#[async_trait]
impl Profiles for PgStore {
    async fn change(&self, change: ProfileChange) -> Result<ProfileOutcome, StoreError> {
        self.write(async |connection| make_change(connection, &change).await).await
    }

    async fn complete_email(&self, complete: CompleteEmail) -> Result<IdentifierOutcome, StoreError> {
        self.write(async |connection| finish_email(connection, &complete).await).await
    }

    async fn complete_phone(&self, complete: CompletePhone) -> Result<IdentifierOutcome, StoreError> {
        self.write(async |connection| finish_phone(connection, &complete).await).await
    }

    async fn complete_reset(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError> {
        self.write(async |connection| reset(connection, &complete).await).await
    }
}

async fn make_change(connection: &mut PgConnection, change: &ProfileChange) -> Step<ProfileOutcome> {
    let ProfileChange { user, session, now, .. } = *change;
    // Whoever ends sessions locks the account first, so what is live under the lock stays so.
    let found = lock_active(connection, user).await?;
    let Some(methods) = methods_of(connection, Some(session)).await? else { return Ok(ProfileOutcome::SessionEnded) };
    if found.is_none() || !has_verifier(connection, user, Some(&change.checked)).await? {
        return Ok(ProfileOutcome::Conflict);
    }
    if let Some(password) = &change.new_password {
        set_password(connection, user, password, now).await?;
        end_other_sessions(connection, user, session, now).await?;
        close_all(connection, user, &kept_pending(&methods), now).await?;
    }
    if !change.names.is_empty() {
        rename(connection, user, &change.names, now).await?;
    }
    if let Some(start) = &change.start {
        insert_start(connection, start).await?;
    }
    insert_messages(connection, &change.notices).await?;
    for event in &change.audit {
        insert_audit(connection, event).await?;
    }
    let changed = find_user(connection, user).await?;
    Ok(changed.map_or(ProfileOutcome::Conflict, ProfileOutcome::Changed))
}

/// Returns the pending factors that outlive a change in the session; `None` where nothing was changed, as the
/// account or the session was gone.
async fn kept(
    connection: &mut PgConnection,
    user: Option<User>,
    session: Option<SessionId>,
) -> QueryResult<Option<Vec<Outranked>>> {
    let methods = methods_of(connection, session).await?;
    let is_active = user.is_some_and(|user| user.is_active());
    Ok(methods.filter(|_| is_active).map(|methods| kept_pending(&methods)))
}

async fn finish_email(connection: &mut PgConnection, complete: &CompleteEmail) -> Step<IdentifierOutcome> {
    let CompleteEmail { user, session, now, .. } = *complete;
    let found = lock_active(connection, user).await?;
    let is_closed = close_challenge(connection, complete.challenge, now).await?;
    let kept = kept(connection, found, session).await?;
    let Some(kept) = kept.filter(|_| is_closed) else { return Ok(IdentifierOutcome::Closed) };
    // A refused row would undo the closing too, but for the savepoint of the inner transaction.
    let give = async |connection: &mut PgConnection| match give_email(connection, user, &complete.email, now).await? {
        UniqueOutcome::Given(user) => Ok(user),
        UniqueOutcome::Taken => Err(Halt::conflict(())),
    };
    let changed = match connection.transaction(give).await {
        Ok(user) => user,
        Err(Halt::Outcome(())) => return Ok(IdentifierOutcome::Taken),
        Err(Halt::Failed(error)) => return Err(Halt::Failed(error)),
    };
    insert_change(connection, &complete.change).await?;
    end_sessions_but(connection, user, session, now).await?;
    close_mailed(connection, user, now).await?;
    cancel_pending(connection, user, &kept).await?;
    insert_notices(connection, &complete.notices, &complete.audit).await?;
    Ok(IdentifierOutcome::Changed(changed))
}

async fn finish_phone(connection: &mut PgConnection, complete: &CompletePhone) -> Step<IdentifierOutcome> {
    let CompletePhone { challenge, user, session, number_verification, change, now } = complete;
    let found = lock_users(connection, *user, number_verification.drops.iter().map(|drop| drop.user)).await?;
    let is_closed = close_challenge(connection, *challenge, *now).await?;
    let kept = kept(connection, found, *session).await?;
    let Some(kept) = kept.filter(|_| is_closed) else { return Ok(IdentifierOutcome::Closed) };
    let UniqueOutcome::Given(changed) = verify_number(connection, *user, number_verification, *now).await? else {
        return Err(Halt::conflict(IdentifierOutcome::Taken));
    };
    if let Some(change) = change {
        insert_change(connection, change).await?;
    }
    end_sessions_but(connection, *user, *session, *now).await?;
    cancel_pending(connection, *user, &kept).await?;
    Ok(IdentifierOutcome::Changed(changed))
}

async fn reset(connection: &mut PgConnection, complete: &CompleteReset) -> Step<ResetOutcome> {
    let CompleteReset { challenge, user, now, .. } = *complete;
    let found = lock_active(connection, user).await?;
    if !close_challenge(connection, challenge, now).await? || found.is_none() {
        return Ok(ResetOutcome::Closed);
    }
    if !spend_code(connection, complete.spends.as_ref()).await? {
        return Err(Halt::conflict(ResetOutcome::CodeRefused));
    }
    end_all_sessions(connection, user, now).await?;
    let changed = set_password(connection, user, &complete.new_password, now).await?;
    close_all(connection, user, &[], now).await?;
    insert_notices(connection, &complete.notices, &complete.audit).await?;
    Ok(ResetOutcome::Reset(changed))
}
