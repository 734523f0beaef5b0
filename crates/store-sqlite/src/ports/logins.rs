use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::{
    logins::{LoginOutcome, Logins, OpenSession, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then},
    sessions::SessionCounts,
};
use doorward_kernel::StoreError;

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        authenticators::spend_code,
        challenges::{close_before, close_challenge, insert_start},
        phone_ownership::verify_number,
        sessions::{open_session, tell_of_device},
        users::{UniqueOutcome, find_active, find_active_with, has_verifier, note_use, rehash},
    },
    writer::{Halt, StepResult},
};

#[async_trait]
impl Logins for SqliteStore {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        let counts = self.session_counts();
        self.write(move |connection| log_in(connection, &counts, &open)).await
    }

    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        let counts = self.session_counts();
        self.write(move |connection| go_on(connection, &counts, &right)).await
    }

    async fn rehash(&self, asked: Rehash) -> Result<RehashOutcome, StoreError> {
        self.write(move |connection| Ok(make_anew(connection, &asked)?)).await
    }
}

fn log_in(connection: &mut SqliteConnection, counts: &SessionCounts, open: &OpenSession) -> StepResult<LoginOutcome> {
    if !close_challenge(connection, open.challenge, open.now)? {
        return Ok(LoginOutcome::Closed);
    }
    // The write lock is held: the account stays as it is read here.
    let Some(user) = find_active(connection, open.session.user)? else { return Ok(LoginOutcome::Refused) };
    if let Some(checked) = &open.checked
        && !has_verifier(connection, user.id, checked)?
    {
        return Ok(LoginOutcome::Refused);
    }
    let user = match (&open.number_verification, &open.number) {
        (None, number) if number.as_ref().is_none_or(|number| user.has_verified(number)) => user,
        (Some(number_verification), Some(number)) if user.carries(number) => {
            match verify_number(connection, user.id, number_verification, open.now)? {
                UniqueOutcome::Given(user) => user,
                UniqueOutcome::Taken => return Err(Halt::conflict(LoginOutcome::Conflict)),
            }
        }
        (None | Some(_), _) => return Ok(LoginOutcome::Refused),
    };
    if !spend_code(connection, open.spends.as_ref())? {
        return Err(Halt::conflict(LoginOutcome::CodeRefused));
    }
    open_session(connection, counts, &open.session, &open.cap, open.now)?;
    insert_audit(connection, &open.audit)?;
    let user = note_use(connection, user, open.notes_use, open.now)?;
    let user = tell_of_device(connection, user, open.new_device.as_ref(), open.now)?;
    Ok(LoginOutcome::Opened(user))
}

fn go_on(
    connection: &mut SqliteConnection,
    counts: &SessionCounts,
    right: &RightPassword,
) -> StepResult<PasswordOutcome> {
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
