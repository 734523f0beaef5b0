use async_trait::async_trait;
use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_types::{Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::password_login::{
    Opening, PasswordLogins, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then,
};
use doorward_kernel::{ChallengeId, StoreError};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{UserRow, decode, stored, user_columns},
    sql::{Sql, Statement},
    steps::{
        audit,
        challenges::{self, is_open},
        sessions,
    },
    store::Abort,
};

/// The account of a right password, and whether its challenge was open.
#[derive(QueryableByName)]
struct RightRow {
    #[diesel(embed)]
    user: UserRow,
    #[diesel(sql_type = Bool)]
    is_done: bool,
}

#[async_trait]
impl PasswordLogins for PgStore {
    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        match &right.then {
            Then::Step(_) => self.once(&right, |connection, right| Box::pin(go_on(connection, right))).await,
            Then::Session(opening) => {
                let input = (&right, &**opening);
                self.transaction(&input, |connection, (right, opening)| Box::pin(open(connection, right, opening)))
                    .await
            }
        }
    }

    async fn rehash(&self, asked: Rehash) -> Result<RehashOutcome, StoreError> {
        self.once(&asked, |connection, asked| Box::pin(rehash(connection, asked))).await
    }
}

async fn open(
    connection: &mut PgConnection,
    right: &RightPassword,
    opening: &Opening,
) -> Result<PasswordOutcome, Abort<PasswordOutcome>> {
    match go_on(connection, right).await? {
        PasswordOutcome::Done(user) => {
            sessions::make_room(&opening.session, &opening.room, right.now).execute(connection).await?;
            let user = sessions::tell_of_device(connection, user, opening.new_device.as_ref(), right.now).await?;
            Ok(PasswordOutcome::Done(user))
        }
        outcome @ (PasswordOutcome::Closed | PasswordOutcome::Lost) => Ok(outcome),
    }
}

async fn go_on(connection: &mut PgConnection, right: &RightPassword) -> QueryResult<PasswordOutcome> {
    let begun = Statement::with("owner", lock_owner(right));
    let statement = match right.done {
        Some(challenge) => begun
            .with("closed", close_after_owner(challenge, right))
            .and(what_follows(&right.then, "closed"))
            .then(Sql::new(concat!("SELECT ", user_columns!(), ", EXISTS (SELECT FROM closed) AS is_done FROM owner"))),
        None => begun.and(what_follows(&right.then, "owner")).then(Sql::new(concat!(
            "SELECT ",
            user_columns!(),
            ", true AS is_done FROM owner"
        ))),
    };
    let rows: Vec<RightRow> = statement.load(connection).await?;
    match rows.into_iter().next() {
        None => Ok(PasswordOutcome::Lost),
        Some(RightRow { is_done: false, .. }) => Ok(PasswordOutcome::Closed),
        Some(RightRow { user, is_done: true }) => Ok(PasswordOutcome::Done(decode(user)?)),
    }
}

/// Holds the account against a new password, and against being disabled, until what follows is
/// there to be closed by that, and against other logins until room is made for it.
fn lock_owner(right: &RightPassword) -> Sql<'_> {
    Sql::new(concat!(
        "SELECT ",
        user_columns!(),
        " FROM users WHERE id = $1 AND status = 'active' AND verifier = $2 FOR NO KEY UPDATE"
    ))
    .bind::<Uuid, _>(right.user.as_uuid())
    .bind::<Text, _>(right.verifier.as_str())
}

/// Closes the challenge once the account is locked, as everybody locks the two in this order.
fn close_after_owner(challenge: ChallengeId, right: &RightPassword) -> Sql<'_> {
    let successor = match &right.then {
        Then::Step(next) => Some(next.challenge.id),
        Then::Session(_) => None,
    };
    Sql::new(concat!(
        "UPDATE challenges SET closed_at = $2, successor = $3 WHERE id = $1 AND ",
        is_open!("$2"),
        " AND (SELECT count(*) FROM owner) > 0 RETURNING id"
    ))
    .bind::<Uuid, _>(challenge.as_uuid())
    .bind::<Timestamptz, _>(stored(right.now))
    .bind::<Nullable<Uuid>, _>(successor.map(ChallengeId::as_uuid))
}

fn what_follows<'a>(then: &'a Then, guard: &'static str) -> Vec<Sql<'a>> {
    match then {
        Then::Step(start) => challenges::start(start, Some(guard)),
        Then::Session(opening) => [sessions::insert(&opening.session), audit::insert(&opening.audit)]
            .map(|part| part.guarded_by(guard))
            .into(),
    }
}

async fn rehash(connection: &mut PgConnection, asked: &Rehash) -> QueryResult<RehashOutcome> {
    let swapped = Sql::new("UPDATE users SET verifier = $3 WHERE id = $1 AND verifier = $2 RETURNING id")
        .bind::<Uuid, _>(asked.user.as_uuid())
        .bind::<Text, _>(asked.old.as_str())
        .bind::<Text, _>(asked.new.as_str());
    let statement = Statement::with("swapped", swapped).then(audit::insert(&asked.audit).guarded_by("swapped"));
    let written = statement.execute(connection).await?;
    Ok(if written > 0 { RehashOutcome::Rehashed } else { RehashOutcome::Lost })
}
