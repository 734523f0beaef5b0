use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::profile::{CompleteEmail, CompletePhone, IdentifierOutcome, ProfileChange, ProfileOutcome, Profiles};
use doorward_kernel::StoreError;

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        challenges::{close_challenge, close_changes, insert_start},
        messages::insert_messages,
        number::prove_number,
        sessions::{end_other_sessions, end_sessions_but},
        users::{Given, find_active, give_email, rename, swap_verifier},
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
    if find_active(connection, user)?.is_none() {
        return Ok(ProfileOutcome::Lost);
    }
    if let Some(swap) = &change.password {
        if !swap_verifier(connection, user, &swap.old, &swap.new, now)? {
            return Ok(ProfileOutcome::Lost);
        }
        end_other_sessions(connection, user, session, now)?;
        close_changes(connection, user, now)?;
    }
    if let Some(names) = &change.names {
        rename(connection, user, names, now)?;
    }
    change.start.iter().try_for_each(|start| insert_start(connection, start))?;
    insert_messages(connection, &change.notices)?;
    change.audit.iter().try_for_each(|event| insert_audit(connection, event))?;
    let changed = find_active(connection, user)?;
    changed.map(ProfileOutcome::Changed).ok_or(Halt::lost(ProfileOutcome::Lost))
}

fn finish_email(connection: &mut SqliteConnection, complete: &CompleteEmail) -> QueryResult<IdentifierOutcome> {
    if !close_challenge(connection, complete.challenge, complete.now)?
        || find_active(connection, complete.user)?.is_none()
    {
        return Ok(IdentifierOutcome::Closed);
    }
    let Given::Given(user) = give_email(connection, complete.user, &complete.email, complete.now)? else {
        return Ok(IdentifierOutcome::Taken);
    };
    end_sessions_but(connection, complete.user, complete.session, complete.now)?;
    insert_messages(connection, &complete.notices)?;
    insert_audit(connection, &complete.audit)?;
    Ok(IdentifierOutcome::Changed(user))
}

fn finish_phone(connection: &mut SqliteConnection, complete: &CompletePhone) -> Step<IdentifierOutcome> {
    if !close_challenge(connection, complete.challenge, complete.now)?
        || find_active(connection, complete.user)?.is_none()
    {
        return Ok(IdentifierOutcome::Closed);
    }
    let Given::Given(user) = prove_number(connection, complete.user, &complete.proof, complete.now)? else {
        return Err(Halt::lost(IdentifierOutcome::Taken));
    };
    end_sessions_but(connection, complete.user, complete.session, complete.now)?;
    Ok(IdentifierOutcome::Changed(user))
}
