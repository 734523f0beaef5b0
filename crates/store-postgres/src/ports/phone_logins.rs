use async_trait::async_trait;
use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_types::{Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::{
    NumberProof,
    phone_login::{LoginOutcome, OpenSession, PhoneLogins},
};
use doorward_kernel::{ChallengeId, PhoneNumber, StoreError, Timestamp};
use doorward_user::PasswordVerifier;

use crate::{
    PgStore,
    connection::PgConnection,
    hot::Opening,
    rows::{UserRow, decode, stored, user_columns},
    sql::{Sql, Statement},
    steps::{
        audit,
        challenges::{self, is_open},
        numbers::{Proved, prove},
        sessions, users,
    },
    store::Abort,
};

/// The account of a closed challenge, if a session was opened.
#[derive(QueryableByName)]
struct OpenedRow {
    #[diesel(embed)]
    user: Option<UserRow>,
}

#[async_trait]
impl PhoneLogins for PgStore {
    async fn open(&self, open: OpenSession) -> Result<LoginOutcome, StoreError> {
        if open.proof.is_none() {
            match self.hot.open.call(open.clone()).await? {
                Opening::Done(outcome) => return Ok(outcome),
                Opening::Full => {}
            }
        }
        self.transaction(&open, |connection, open| Box::pin(log_in(connection, open))).await
    }
}

/// Proves the number or makes room first: what most logins need not do.
async fn log_in(connection: &mut PgConnection, open: &OpenSession) -> Result<LoginOutcome, Abort<LoginOutcome>> {
    let outcome = match &open.proof {
        None => open_to_owner(connection, open).await?,
        Some(proof) => open_with_proof(connection, open, proof).await?,
    };
    match outcome {
        LoginOutcome::Opened(user) => {
            sessions::make_room(&open.session, &open.room, open.now).execute(connection).await?;
            let user = sessions::tell_of_device(connection, user, open.new_device.as_ref(), open.now).await?;
            Ok(LoginOutcome::Opened(user))
        }
        LoginOutcome::Closed | LoginOutcome::Refused | LoginOutcome::Lost => Ok(outcome),
    }
}

async fn open_to_owner(connection: &mut PgConnection, open: &OpenSession) -> QueryResult<LoginOutcome> {
    let statement = Statement::with("owner", lock_owner(open))
        .with("closed", close_after_owner(open.challenge, open.now))
        .and([sessions::insert(&open.session), audit::insert(&open.audit)].map(|part| part.guarded_by("closed, owner")))
        .then(Sql::new(concat!(
            "SELECT ",
            user_columns!(),
            " FROM (SELECT FROM closed) AS done LEFT JOIN owner ON true"
        )));
    let rows: Vec<OpenedRow> = statement.load(connection).await?;
    match rows.into_iter().next() {
        None => Ok(LoginOutcome::Closed),
        Some(OpenedRow { user: None }) => Ok(LoginOutcome::Refused),
        Some(OpenedRow { user: Some(user) }) => Ok(LoginOutcome::Opened(decode(user)?)),
    }
}

/// Holds the account against being disabled until its session is there to be ended, and
/// against other logins until room is made for it.
fn lock_owner(open: &OpenSession) -> Sql<'_> {
    Sql::new(concat!(
        "SELECT ",
        user_columns!(),
        " FROM users WHERE id = $1 AND status = 'active' AND ($2 IS NULL OR (phone = $2 AND phone_verified_at IS NOT NULL)) \
         AND ($3 IS NULL OR verifier = $3) FOR NO KEY UPDATE"
    ))
    .bind::<Uuid, _>(open.session.user.as_uuid())
    .bind::<Nullable<Text>, _>(open.number.as_ref().map(PhoneNumber::as_str))
    .bind::<Nullable<Text>, _>(open.checked.as_ref().map(PasswordVerifier::as_str))
}

/// Closes the challenge once the account is locked, as everybody locks the two in this order.
fn close_after_owner<'a>(challenge: ChallengeId, now: Timestamp) -> Sql<'a> {
    Sql::new(concat!(
        "UPDATE challenges SET closed_at = $2 WHERE id = $1 AND ",
        is_open!("$2"),
        " AND (SELECT count(*) FROM owner) >= 0 RETURNING id"
    ))
    .bind::<Uuid, _>(challenge.as_uuid())
    .bind::<Timestamptz, _>(stored(now))
}

async fn open_with_proof(
    connection: &mut PgConnection,
    open: &OpenSession,
    proof: &NumberProof,
) -> Result<LoginOutcome, Abort<LoginOutcome>> {
    let others = proof.drops.iter().map(|drop| drop.user);
    let user = users::lock(connection, open.session.user, others).await?;
    let closed = Statement::one(challenges::close(open.challenge, open.now)).execute(connection).await?;
    if closed == 0 {
        return Err(Abort::Outcome(LoginOutcome::Closed));
    }
    let is_checked = users::has_verifier(connection, open.session.user, open.checked.as_ref()).await?;
    if !is_checked
        || !user.is_some_and(|user| user.is_active() && open.number.as_ref().is_some_and(|number| user.carries(number)))
    {
        return Ok(LoginOutcome::Refused);
    }
    let proved = prove(connection, open.session.user, proof, open.now, LoginOutcome::Lost).await?;
    let Proved { user, mut parts } = proved;
    parts.extend([sessions::insert(&open.session), audit::insert(&open.audit)]);
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(LoginOutcome::Opened(user))
}
