use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::{
    password_login::{PasswordLogins, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then},
    sessions::SessionCounts,
};
use doorward_kernel::StoreError;

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        challenges::{close_before, close_challenge, insert_start},
        lockouts::clear,
        sessions::{open_session, tell_of_device},
        users::{find_active_with, rehash},
    },
    writer::Step,
};

#[async_trait]
impl PasswordLogins for SqliteStore {
    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        let counts = self.session_counts();
        self.write(move |connection| go_on(connection, &counts, &right)).await
    }

    async fn rehash(&self, asked: Rehash) -> Result<RehashOutcome, StoreError> {
        self.write(move |connection| Ok(make_anew(connection, &asked)?)).await
    }
}

fn go_on(connection: &mut SqliteConnection, counts: &SessionCounts, right: &RightPassword) -> Step<PasswordOutcome> {
    let Some(user) = find_active_with(connection, right.user, &right.verifier)? else {
        return Ok(PasswordOutcome::Conflict);
    };
    let closed = match (right.done, &right.then) {
        (None, _) => true,
        (Some(done), Then::Step(next)) => close_before(connection, done, next.challenge.id, right.now)?,
        (Some(done), Then::Session(_)) => close_challenge(connection, done, right.now)?,
    };
    if !closed {
        return Ok(PasswordOutcome::Closed);
    }
    clear(connection, &right.clears)?;
    Ok(PasswordOutcome::Done(match &right.then {
        Then::Step(start) => {
            insert_start(connection, start)?;
            user
        }
        Then::Session(opening) => {
            open_session(connection, counts, &opening.session, &opening.cap, right.now)?;
            insert_audit(connection, &opening.audit)?;
            tell_of_device(connection, user, opening.new_device.as_ref(), right.now)?
        }
    }))
}

fn make_anew(connection: &mut SqliteConnection, asked: &Rehash) -> QueryResult<RehashOutcome> {
    if !rehash(connection, asked.user, &asked.old, &asked.new)? {
        return Ok(RehashOutcome::Conflict);
    }
    insert_audit(connection, &asked.audit)?;
    Ok(RehashOutcome::Rehashed)
}
