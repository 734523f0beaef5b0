use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::{
    factors::{Outranked, kept_pending},
    profile::{
        CompleteEmail, CompletePhone, CompleteReset, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles,
        ResetOutcome,
    },
};
use doorward_kernel::{SessionId, StoreError, UserId};
use doorward_session::Methods;

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        authenticators::spend_code,
        challenges::{cancel_pending, close_all, close_challenge, close_mailed, insert_start},
        changes::insert_change,
        messages::insert_messages,
        phone_ownership::verify_number,
        sessions::{end_all_sessions, end_other_sessions, end_sessions_but, methods_of},
        users::{UniqueOutcome, find_active, give_email, has_verifier, rename, set_password},
    },
    writer::{Halt, StepResult},
};

#[async_trait]
impl Profiles for SqliteStore {
    async fn change(&self, change: ProfileChange) -> Result<ProfileOutcome, StoreError> {
        self.write(move |connection| make_change(connection, &change)).await
    }

    async fn complete_email(&self, complete: CompleteEmail) -> Result<IdentifierOutcome, StoreError> {
        self.write(move |connection| Ok(finish_email(connection, &complete)?)).await
    }

    async fn complete_phone(&self, complete: CompletePhone) -> Result<IdentifierOutcome, StoreError> {
        self.write(move |connection| finish_phone(connection, &complete)).await
    }

    async fn complete_reset(&self, complete: CompleteReset) -> Result<ResetOutcome, StoreError> {
        self.write(move |connection| reset(connection, &complete)).await
    }
}

fn make_change(connection: &mut SqliteConnection, change: &ProfileChange) -> StepResult<ProfileOutcome> {
    let ProfileChange { user, session, now, .. } = *change;
    // The write lock is held: the account stays as it is read here.
    let Some(methods) = methods_of(connection, session)? else { return Ok(ProfileOutcome::SessionEnded) };
    if !has_verifier(connection, user, &change.checked)? {
        return Ok(ProfileOutcome::Conflict);
    }
    if let Some(password) = &change.new_password {
        set_password(connection, user, password, now)?;
        end_other_sessions(connection, user, session, now)?;
        close_all(connection, user, &kept_pending(&methods), now)?;
    }
    if !change.names.is_empty() {
        rename(connection, user, &change.names, now)?;
    }
    change.start.iter().try_for_each(|start| insert_start(connection, start))?;
    insert_messages(connection, &change.notices)?;
    change.audit.iter().try_for_each(|event| insert_audit(connection, event))?;
    let changed = find_active(connection, user)?;
    changed.map(ProfileOutcome::Changed).ok_or(Halt::conflict(ProfileOutcome::Conflict))
}

/// Returns the pending factors that outlive a change in the session; `None` where nothing was changed, as the
/// account or the session was gone.
fn kept(
    connection: &mut SqliteConnection,
    user: UserId,
    session: Option<SessionId>,
) -> QueryResult<Option<Vec<Outranked>>> {
    let methods = match session {
        Some(session) => methods_of(connection, session)?,
        None => Some(Methods::default()),
    };
    let is_active = find_active(connection, user)?.is_some();
    Ok(methods.filter(|_| is_active).map(|methods| kept_pending(&methods)))
}

fn finish_email(connection: &mut SqliteConnection, complete: &CompleteEmail) -> QueryResult<IdentifierOutcome> {
    let is_closed = close_challenge(connection, complete.challenge, complete.now)?;
    let kept = kept(connection, complete.user, complete.session)?;
    let Some(kept) = kept.filter(|_| is_closed) else { return Ok(IdentifierOutcome::Closed) };
    let UniqueOutcome::Given(user) = give_email(connection, complete.user, &complete.email, complete.now)? else {
        return Ok(IdentifierOutcome::Taken);
    };
    insert_change(connection, &complete.change)?;
    end_sessions_but(connection, complete.user, complete.session, complete.now)?;
    close_mailed(connection, complete.user, complete.now)?;
    cancel_pending(connection, complete.user, &kept)?;
    insert_messages(connection, &complete.notices)?;
    insert_audit(connection, &complete.audit)?;
    Ok(IdentifierOutcome::Changed(user))
}

fn finish_phone(connection: &mut SqliteConnection, complete: &CompletePhone) -> StepResult<IdentifierOutcome> {
    let is_closed = close_challenge(connection, complete.challenge, complete.now)?;
    let kept = kept(connection, complete.user, complete.session)?;
    let Some(kept) = kept.filter(|_| is_closed) else { return Ok(IdentifierOutcome::Closed) };
    let UniqueOutcome::Given(user) =
        verify_number(connection, complete.user, &complete.number_verification, complete.now)?
    else {
        return Err(Halt::conflict(IdentifierOutcome::Taken));
    };
    complete.change.iter().try_for_each(|change| insert_change(connection, change))?;
    end_sessions_but(connection, complete.user, complete.session, complete.now)?;
    cancel_pending(connection, complete.user, &kept)?;
    Ok(IdentifierOutcome::Changed(user))
}

fn reset(connection: &mut SqliteConnection, complete: &CompleteReset) -> StepResult<ResetOutcome> {
    let CompleteReset { challenge, user, now, .. } = *complete;
    if !close_challenge(connection, challenge, now)? || find_active(connection, user)?.is_none() {
        return Ok(ResetOutcome::Closed);
    }
    if !spend_code(connection, complete.spends.as_ref())? {
        return Err(Halt::conflict(ResetOutcome::CodeRefused));
    }
    end_all_sessions(connection, user, now)?;
    let changed = set_password(connection, user, &complete.new_password, now)?;
    close_all(connection, user, &[], now)?;
    insert_messages(connection, &complete.notices)?;
    insert_audit(connection, &complete.audit)?;
    Ok(ResetOutcome::Reset(changed))
}
