use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::profile::{CompleteEmail, CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles};
use doorward_kernel::{SessionId, StoreError, UserId};

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        challenges::{close_all, close_challenge, close_mailed, insert_start},
        changes::insert_change,
        held_apps::forget_held_app,
        held_numbers::call_off,
        messages::insert_messages,
        number::prove_number,
        sessions::{end_other_sessions, end_sessions_but, has_ended},
        users::{Given, find_active, give_email, has_verifier, rename, set_verifier},
    },
    writer::{Halt, Step},
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
}

fn make_change(connection: &mut SqliteConnection, change: &ProfileChange) -> Step<ProfileOutcome> {
    let ProfileChange { user, session, now, .. } = *change;
    // The write lock is held: the account stays as it is read here.
    if !has_verifier(connection, user, &change.checked)? || has_ended(connection, session)? {
        return Ok(ProfileOutcome::Lost);
    }
    if let Some(verifier) = &change.new_password {
        set_verifier(connection, user, verifier, now)?;
        end_other_sessions(connection, user, session, now)?;
        close_all(connection, user, now)?;
    }
    if !change.names.is_empty() {
        rename(connection, user, &change.names, now)?;
    }
    change.start.iter().try_for_each(|start| insert_start(connection, start))?;
    insert_messages(connection, &change.notices)?;
    change.audit.iter().try_for_each(|event| insert_audit(connection, event))?;
    let changed = find_active(connection, user)?;
    changed.map(ProfileOutcome::Changed).ok_or(Halt::lost(ProfileOutcome::Lost))
}

/// Whether a change came to nothing, with its account or with the session that asked for it.
fn is_void(connection: &mut SqliteConnection, user: UserId, session: Option<SessionId>) -> QueryResult<bool> {
    let has_ended = session.map(|session| has_ended(connection, session)).transpose()?;
    Ok(has_ended.unwrap_or(false) || find_active(connection, user)?.is_none())
}

fn finish_email(connection: &mut SqliteConnection, complete: &CompleteEmail) -> QueryResult<IdentifierOutcome> {
    if !close_challenge(connection, complete.challenge, complete.now)?
        || is_void(connection, complete.user, complete.session)?
    {
        return Ok(IdentifierOutcome::Closed);
    }
    let Given::Given(user) = give_email(connection, complete.user, &complete.email, complete.now)? else {
        return Ok(IdentifierOutcome::Taken);
    };
    insert_change(connection, &complete.change)?;
    end_sessions_but(connection, complete.user, complete.session, complete.now)?;
    close_mailed(connection, complete.user, complete.now)?;
    call_off(connection, complete.user)?;
    forget_held_app(connection, complete.user)?;
    insert_messages(connection, &complete.notices)?;
    insert_audit(connection, &complete.audit)?;
    Ok(IdentifierOutcome::Changed(user))
}

fn finish_phone(connection: &mut SqliteConnection, complete: &CompletePhone) -> Step<IdentifierOutcome> {
    if !close_challenge(connection, complete.challenge, complete.now)?
        || is_void(connection, complete.user, complete.session)?
    {
        return Ok(IdentifierOutcome::Closed);
    }
    let Given::Given(user) = prove_number(connection, complete.user, &complete.proof, complete.now)? else {
        return Err(Halt::lost(IdentifierOutcome::Taken));
    };
    complete.change.iter().try_for_each(|change| insert_change(connection, change))?;
    end_sessions_but(connection, complete.user, complete.session, complete.now)?;
    call_off(connection, complete.user)?;
    forget_held_app(connection, complete.user)?;
    Ok(IdentifierOutcome::Changed(user))
}
