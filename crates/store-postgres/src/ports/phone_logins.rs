use std::slice;

use async_trait::async_trait;
use diesel::QueryResult;
use doorward_app::phone_login::{LoginOutcome, OpenSession, PhoneLogins};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    hot::{Open, Opening, open_sessions},
    steps::{
        phone_ownership::verify_number,
        sessions::evict_oldest,
        users::{Given, has_verifier, lock_users},
    },
    store::Abort,
};

#[async_trait]
impl PhoneLogins for PgStore {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        let (user, now, most) = (open.session.user, open.now, open.cap.most);
        let takes_number = open.proof.as_ref().is_some_and(|proof| !proof.drops.is_empty());
        if !takes_number {
            let call = Open { session: open.clone(), counts: self.session_counts.is_due(user, most, now) };
            if let Opening::Done(outcome, live) = self.hot.open.call(call).await? {
                live.inspect(|live| self.session_counts.note(user, *live, now));
                return Ok(outcome);
            }
        }
        self.session_counts.forget(user);
        self.transaction(&open, |connection, open| Box::pin(log_in(connection, open))).await
    }
}

/// Takes the number from others, or ends the oldest sessions first: what most logins need not do.
async fn log_in(connection: &mut PgConnection, open: &OpenSession) -> Result<LoginOutcome, Abort<LoginOutcome>> {
    let others = open.proof.iter().flat_map(|proof| &proof.drops).map(|drop| drop.user);
    let user = lock_users(connection, open.session.user, others).await?;
    if let Some(proof) = &open.proof
        && user.is_some_and(|user| user.is_active() && user.carries(&proof.number))
        && has_verifier(connection, open.session.user, open.checked.as_ref()).await?
        && verify_number(connection, open.session.user, proof, open.now).await? == Given::Taken
    {
        return Err(Abort::Outcome(LoginOutcome::Conflict));
    }
    let proven = OpenSession { proof: None, ..open.clone() };
    let mut opening = open_one(connection, &proven).await?;
    if matches!(opening, Opening::More) {
        evict_oldest(connection, &open.session, &open.cap, open.now).await?;
        opening = open_one(connection, &proven).await?;
    }
    match opening {
        // Of a login whose challenge was closed before, nothing stays.
        Opening::Done(LoginOutcome::Closed, _) => Err(Abort::Outcome(LoginOutcome::Closed)),
        Opening::Done(outcome, _) => Ok(outcome),
        Opening::More => Err(Abort::Outcome(LoginOutcome::Conflict)),
    }
}

async fn open_one(connection: &mut PgConnection, open: &OpenSession) -> QueryResult<Opening> {
    let open = Open { session: open.clone(), counts: true };
    let opening = open_sessions(connection, slice::from_ref(&open)).await?.pop();
    Ok(opening.unwrap_or(Opening::Done(LoginOutcome::Closed, None)))
}
