use std::slice;

use async_trait::async_trait;
use diesel::QueryResult;
use doorward_app::logins::{
    LoginOutcome, Logins, OpenSession, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then,
};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    hot::{Open, Opening, go_on_by_password, open_sessions},
    steps::{
        audit::insert_audit,
        authenticators::spend_code,
        phone_ownership::verify_number,
        sessions::evict_oldest,
        users::{self, UniqueOutcome, has_verifier, lock_users},
    },
    store::{Halt, Step},
};

#[async_trait]
impl Logins for PgStore {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        let (user, now, most) = (open.session.user, open.now, open.cap.most);
        let takes_number =
            open.number_verification.as_ref().is_some_and(|number_verification| !number_verification.drops.is_empty());
        if !takes_number && open.spends.is_none() {
            let call = Open { session: open.clone(), counts: self.session_counts.is_due(user, most, now) };
            if let Opening::Done(outcome, live) = self.hot.open.call(call).await? {
                live.inspect(|live| self.session_counts.note(user, *live, now));
                return Ok(outcome);
            }
        }
        self.session_counts.forget(user);
        self.write(async |connection| log_in(connection, &open).await).await
    }

    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        if let Then::Session(_) = right.then {
            self.session_counts.forget(right.user);
        }
        let outcome = self.write_one(async |connection| go_on_by_password(connection, &right).await).await?;
        match outcome {
            Some(outcome) => Ok(outcome),
            None => self.write(async |connection| evict_and_go_on(connection, &right).await).await,
        }
    }

    async fn rehash(&self, asked: Rehash) -> Result<RehashOutcome, StoreError> {
        self.write(async |connection| make_anew(connection, &asked).await).await
    }
}

/// Takes the number from others, ends the oldest sessions or uses up a code: what most logins need not do.
async fn log_in(connection: &mut PgConnection, open: &OpenSession) -> Step<LoginOutcome> {
    if let Some(number_verification) = &open.number_verification {
        let user =
            lock_users(connection, open.session.user, number_verification.drops.iter().map(|drop| drop.user)).await?;
        if user.is_some_and(|user| user.is_active() && user.carries(&number_verification.number))
            && has_verifier(connection, open.session.user, open.checked.as_ref()).await?
            && verify_number(connection, open.session.user, number_verification, open.now).await?
                == UniqueOutcome::Taken
        {
            return Err(Halt::conflict(LoginOutcome::Conflict));
        }
    }
    let proven = OpenSession { number_verification: None, ..open.clone() };
    let mut opening = open_one(connection, &proven).await?;
    if matches!(opening, Opening::More) {
        evict_oldest(connection, &open.session, &open.cap, open.now).await?;
        opening = open_one(connection, &proven).await?;
    }
    match opening {
        // Of a login whose challenge was closed before, nothing stays.
        Opening::Done(LoginOutcome::Closed, _) => Err(Halt::conflict(LoginOutcome::Closed)),
        // The code comes last, as every other reason is given before it.
        Opening::Done(outcome @ LoginOutcome::Opened(_), _) => {
            let is_spent = spend_code(connection, open.spends.as_ref()).await?;
            if is_spent { Ok(outcome) } else { Err(Halt::conflict(LoginOutcome::CodeRefused)) }
        }
        Opening::Done(outcome, _) => Ok(outcome),
        Opening::More => Err(Halt::conflict(LoginOutcome::Conflict)),
    }
}

async fn open_one(connection: &mut PgConnection, open: &OpenSession) -> QueryResult<Opening> {
    let open = Open { session: open.clone(), counts: true };
    let opening = open_sessions(connection, slice::from_ref(&open)).await?.pop();
    Ok(opening.unwrap_or(Opening::Done(LoginOutcome::Closed, None)))
}

/// Ends the oldest sessions first: what most logins need not do.
async fn evict_and_go_on(connection: &mut PgConnection, right: &RightPassword) -> Step<PasswordOutcome> {
    // It locks the account, too, so that there is still room for the new session afterwards.
    let mut outcome = go_on_by_password(connection, right).await?;
    if let (None, Then::Session(opening)) = (&outcome, &right.then) {
        evict_oldest(connection, &opening.session, &opening.cap, right.now).await?;
        outcome = go_on_by_password(connection, right).await?;
    }
    match outcome.unwrap_or(PasswordOutcome::Conflict) {
        done @ PasswordOutcome::Done(_) => Ok(done),
        // Of a login that leads nowhere, nothing stays.
        outcome @ (PasswordOutcome::Closed | PasswordOutcome::Conflict) => Err(Halt::conflict(outcome)),
    }
}

async fn make_anew(connection: &mut PgConnection, asked: &Rehash) -> Step<RehashOutcome> {
    if !users::rehash(connection, asked.user, &asked.old, &asked.new).await? {
        return Ok(RehashOutcome::Conflict);
    }
    insert_audit(connection, &asked.audit).await?;
    Ok(RehashOutcome::Rehashed)
}
