use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::{
    flow::Start,
    password_login::{Opening, PasswordOutcome, RightPassword},
};
use doorward_kernel::ChallengeId;

use crate::{
    columns::{AuditColumns, ChallengeColumns, MessageColumns, SessionColumns, Sql},
    connection::PgConnection,
    rows::{UserRow, decode, stored},
};

/// The account of a right password, and whether its challenge was open.
#[derive(QueryableByName)]
struct RightRow {
    #[diesel(embed)]
    user: UserRow,
    #[diesel(sql_type = Bool)]
    is_done: bool,
}

/// Goes on with the next step of the flow.
pub(crate) async fn step_by_password(
    connection: &mut PgConnection,
    right: &RightPassword,
    next: &Start,
) -> QueryResult<PasswordOutcome> {
    let sql = bind(include_str!("step_by_password.sql"), right, Some(next.challenge.id));
    let sql = [&next.challenge].into_iter().collect::<ChallengeColumns<'_>>().bind(sql);
    let message = next.message.iter().map(|message| (message, next.leased_until));
    let sql = message.collect::<MessageColumns<'_>>().bind(sql);
    let sql = [&next.audit].into_iter().collect::<AuditColumns>().bind(sql);
    outcome(sql.load(connection).await?)
}

/// Opens a session; the account stays locked, so that room can be made beside it.
pub(crate) async fn open_by_password(
    connection: &mut PgConnection,
    right: &RightPassword,
    opening: &Opening,
) -> QueryResult<PasswordOutcome> {
    let sql = bind(include_str!("open_by_password.sql"), right, None);
    let sql = [&opening.session].into_iter().collect::<SessionColumns<'_>>().bind(sql);
    let sql = [&opening.audit].into_iter().collect::<AuditColumns>().bind(sql);
    outcome(sql.load(connection).await?)
}

fn bind<'a>(text: &'static str, right: &'a RightPassword, successor: Option<ChallengeId>) -> Sql<'a> {
    sql_query(text)
        .into_boxed()
        .bind::<Uuid, _>(right.user.as_uuid())
        .bind::<Text, _>(right.verifier.as_str())
        .bind::<Nullable<Uuid>, _>(right.done.map(ChallengeId::as_uuid))
        .bind::<Timestamptz, _>(stored(right.now))
        .bind::<Nullable<Uuid>, _>(successor.map(ChallengeId::as_uuid))
}

fn outcome(rows: Vec<RightRow>) -> QueryResult<PasswordOutcome> {
    match rows.into_iter().next() {
        None => Ok(PasswordOutcome::Conflict),
        Some(RightRow { is_done: false, .. }) => Ok(PasswordOutcome::Closed),
        Some(RightRow { user, is_done: true }) => Ok(PasswordOutcome::Done(decode(user)?)),
    }
}
