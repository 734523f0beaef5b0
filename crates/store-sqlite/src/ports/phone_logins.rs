use async_trait::async_trait;
use diesel::SqliteConnection;
use doorward_app::{
    phone_login::{LoginOutcome, OpenSession, PhoneLogins},
    sessions::SessionCounts,
};
use doorward_kernel::StoreError;

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        challenges::close_challenge,
        phone_ownership::verify_number,
        sessions::{open_session, tell_of_device},
        users::{Given, find_active, has_verifier, note_use},
    },
    writer::{Halt, Step},
};

#[async_trait]
impl PhoneLogins for SqliteStore {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        let counts = self.session_counts();
        self.write(move |connection| log_in(connection, &counts, &open)).await
    }
}

fn log_in(connection: &mut SqliteConnection, counts: &SessionCounts, open: &OpenSession) -> Step<LoginOutcome> {
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
    let user = match (&open.proof, &open.number) {
        (None, number) if number.as_ref().is_none_or(|number| user.has_verified(number)) => user,
        (Some(proof), Some(number)) if user.carries(number) => {
            match verify_number(connection, user.id, proof, open.now)? {
                Given::Given(user) => user,
                Given::Taken => return Err(Halt::conflict(LoginOutcome::Conflict)),
            }
        }
        (None | Some(_), _) => return Ok(LoginOutcome::Refused),
    };
    open_session(connection, counts, &open.session, &open.cap, open.now)?;
    insert_audit(connection, &open.audit)?;
    let user = note_use(connection, user, open.notes_use, open.now)?;
    let user = tell_of_device(connection, user, open.new_device.as_ref(), open.now)?;
    Ok(LoginOutcome::Opened(user))
}
