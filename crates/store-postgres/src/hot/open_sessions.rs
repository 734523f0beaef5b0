use std::collections::HashMap;

use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::phone_login::{LoginOutcome, OpenSession};
use doorward_kernel::{PhoneNumber, Timestamp};
use doorward_user::PasswordVerifier;

use crate::{
    columns::{AuditColumns, MessageColumns, SessionColumns, Sql},
    connection::PgConnection,
    rows::{UserRow, decode, stored},
};

/// What became of a session to open.
#[derive(Debug)]
pub(crate) enum Opening {
    /// That.
    Done(LoginOutcome),
    /// Nothing: the account has so many sessions that some must end first.
    Full,
}

#[derive(QueryableByName)]
struct OpenedRow {
    #[diesel(sql_type = Uuid)]
    session_id: uuid::Uuid,
    #[diesel(sql_type = Bool)]
    is_closed: bool,
    #[diesel(sql_type = Bool)]
    is_full: bool,
    #[diesel(embed)]
    user: Option<UserRow>,
}

/// Closes every open challenge and opens its session, where there is room; no account twice.
pub(crate) async fn open_sessions(connection: &mut PgConnection, calls: &[OpenSession]) -> QueryResult<Vec<Opening>> {
    let rows: Vec<OpenedRow> = statement(calls).load(connection).await?;
    let openings = rows.into_iter().map(|row| Ok((row.session_id, opening(row)?)));
    let mut openings: HashMap<_, _> = openings.collect::<QueryResult<_>>()?;
    let of = |call: &OpenSession| openings.remove(&call.session.id.as_uuid());
    Ok(calls.iter().map(of).map(|opening| opening.unwrap_or(Opening::Done(LoginOutcome::Closed))).collect())
}

fn opening(row: OpenedRow) -> QueryResult<Opening> {
    Ok(match row {
        OpenedRow { is_full: true, .. } => Opening::Full,
        OpenedRow { is_closed: false, .. } => Opening::Done(LoginOutcome::Closed),
        OpenedRow { user: None, .. } => Opening::Done(LoginOutcome::Refused),
        OpenedRow { user: Some(user), .. } => Opening::Done(LoginOutcome::Opened(decode(user)?)),
    })
}

fn statement(calls: &[OpenSession]) -> Sql<'_> {
    let instants = |of: fn(&OpenSession) -> Timestamp| calls.iter().map(|call| stored(of(call))).collect::<Vec<_>>();
    let numbers: Vec<_> = calls.iter().map(|call| call.number.as_ref().map(PhoneNumber::as_str)).collect();
    let verifiers: Vec<_> = calls.iter().map(|call| call.checked.as_ref().map(PasswordVerifier::as_str)).collect();
    let most: Vec<_> = calls.iter().map(|call| i32::try_from(call.room.most).unwrap_or(i32::MAX)).collect();
    let sql = sql_query(include_str!("open_sessions.sql"))
        .into_boxed()
        .bind::<Array<Uuid>, _>(calls.iter().map(|call| call.challenge.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(instants(|call| call.now))
        .bind::<Array<Nullable<Text>>, _>(numbers)
        .bind::<Array<Nullable<Text>>, _>(verifiers)
        .bind::<Array<Integer>, _>(most)
        .bind::<Array<Timestamptz>, _>(instants(|call| call.room.used_after))
        .bind::<Array<Timestamptz>, _>(instants(|call| call.room.opened_after))
        .bind::<Array<Bool>, _>(calls.iter().map(|call| call.notes_use).collect::<Vec<_>>());
    let sql = calls.iter().map(|call| &call.session).collect::<SessionColumns<'_>>().bind(sql);
    let sql = calls.iter().map(|call| &call.audit).collect::<AuditColumns>().bind(sql);
    let devices = || calls.iter().filter_map(|call| Some((call.session.user, call.new_device.as_ref()?)));
    let sql =
        sql.bind::<Array<Uuid>, _>(devices().map(|(user, _)| user.as_uuid()).collect::<Vec<_>>())
            .bind::<Array<Timestamptz>, _>(devices().map(|(_, device)| stored(device.told_until)).collect::<Vec<_>>());
    devices().map(|(_, device)| (&device.notice, None)).collect::<MessageColumns<'_>>().bind(sql)
}
