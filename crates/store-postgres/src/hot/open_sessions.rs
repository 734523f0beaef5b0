use std::{collections::HashMap, iter::once};

use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::logins::{LoginOutcome, OpenSession};
use doorward_kernel::{AuditEvent, PhoneNumber, Timestamp};
use doorward_notifier::Message;
use doorward_user::PasswordVerifier;

use crate::{
    columns::{AuditColumns, MessageColumns, SessionColumns, Sql},
    connection::PgConnection,
    fault,
    rows::{UserRow, decode, stored},
};

/// A session to open.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) session: OpenSession,
    /// Whether the account may have reached its cap, and its live sessions are to be counted.
    pub(crate) counts: bool,
}

/// The outcome of opening a session.
#[derive(Debug)]
pub(crate) enum Opening {
    /// That, and how many live sessions the account had before, if they were counted.
    Done(LoginOutcome, Option<u32>),
    /// Nothing: sessions of the account must end first, or others lose the number.
    More,
}

/// The notice to the owner of the account.
struct Notice<'c> {
    message: &'c Message,
    leased_until: Option<Timestamp>,
    /// When they may have been told of a device last, where it tells of one.
    unless_notified_since: Option<Timestamp>,
}

#[derive(QueryableByName)]
struct OpenedRow {
    #[diesel(sql_type = Uuid)]
    session_id: uuid::Uuid,
    #[diesel(sql_type = Bool)]
    is_closed: bool,
    #[diesel(sql_type = Bool)]
    is_more: bool,
    #[diesel(sql_type = Nullable<Integer>)]
    live_sessions: Option<i32>,
    #[diesel(embed)]
    user: Option<UserRow>,
}

/// Closes every open challenge, verifies its number if that is to be done, and opens its session; no account twice.
///
/// Where an account has reached its cap, or somebody else carries a number that is to be verified, nothing is done.
pub(crate) async fn open_sessions(connection: &mut PgConnection, calls: &[Open]) -> QueryResult<Vec<Opening>> {
    let rows: Vec<OpenedRow> = match statement(calls).load(connection).await {
        // Somebody else has verified the number meanwhile; of several calls, each is asked again by itself.
        Err(error) if calls.len() == 1 && fault::is_taken(&error, "users_verified_phone") => {
            return Ok(vec![Opening::More]);
        }
        rows => rows?,
    };
    let openings = rows.into_iter().map(|row| Ok((row.session_id, opening(row)?)));
    let mut openings: HashMap<_, _> = openings.collect::<QueryResult<_>>()?;
    let of = |call: &Open| openings.remove(&call.session.session.id.as_uuid());
    Ok(calls.iter().map(of).map(|opening| opening.unwrap_or(Opening::Done(LoginOutcome::Closed, None))).collect())
}

fn opening(row: OpenedRow) -> QueryResult<Opening> {
    Ok(match row {
        OpenedRow { is_more: true, .. } => Opening::More,
        OpenedRow { is_closed: false, .. } => Opening::Done(LoginOutcome::Closed, None),
        OpenedRow { user: None, .. } => Opening::Done(LoginOutcome::Refused, None),
        OpenedRow { user: Some(user), live_sessions, .. } => {
            let live = live_sessions.and_then(|live| u32::try_from(live).ok());
            Opening::Done(LoginOutcome::Opened(decode(user)?), live)
        }
    })
}

fn statement(opens: &[Open]) -> Sql<'_> {
    let most = |open: &Open| open.counts.then(|| i32::try_from(open.session.cap.most).unwrap_or(i32::MAX));
    let most: Vec<_> = opens.iter().map(most).collect();
    let calls: Vec<_> = opens.iter().map(|open| &open.session).collect();
    let instants = |of: fn(&OpenSession) -> Timestamp| calls.iter().map(|call| stored(of(call))).collect::<Vec<_>>();
    let numbers: Vec<_> = calls.iter().map(|call| call.number.as_ref().map(PhoneNumber::as_str)).collect();
    let verifiers: Vec<_> = calls.iter().map(|call| call.checked.as_ref().map(PasswordVerifier::as_str)).collect();
    let owner = |call: &OpenSession| call.session.user.as_uuid();
    let sql = sql_query(include_str!("open_sessions.sql"))
        .into_boxed()
        .bind::<Array<Uuid>, _>(calls.iter().map(|call| call.challenge.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(instants(|call| call.now))
        .bind::<Array<Nullable<Text>>, _>(numbers)
        .bind::<Array<Bool>, _>(calls.iter().map(|call| call.proof.is_some()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(verifiers)
        .bind::<Array<Nullable<Integer>>, _>(most)
        .bind::<Array<Timestamptz>, _>(instants(|call| call.cap.used_after))
        .bind::<Array<Timestamptz>, _>(instants(|call| call.cap.opened_after))
        .bind::<Array<Bool>, _>(calls.iter().map(|call| call.notes_use).collect::<Vec<_>>());
    let sql = calls.iter().map(|call| &call.session).collect::<SessionColumns<'_>>().bind(sql);
    let events = || calls.iter().flat_map(|call| events(call).map(move |event| (owner(call), event)));
    let sql = sql.bind::<Array<Uuid>, _>(events().map(|(owner, _)| owner).collect::<Vec<_>>());
    let sql = events().map(|(_, event)| event).collect::<AuditColumns>().bind(sql);
    let notices = || calls.iter().flat_map(|call| notices(call).map(move |notice| (owner(call), notice)));
    let unless_notified_since =
        notices().map(|(_, notice)| notice.unless_notified_since.map(stored)).collect::<Vec<_>>();
    let sql =
        sql.bind::<Array<Uuid>, _>(notices().map(|(owner, _)| owner).collect::<Vec<_>>())
            .bind::<Array<Nullable<Timestamptz>>, _>(unless_notified_since);
    notices().map(|(_, notice)| (notice.message, notice.leased_until)).collect::<MessageColumns<'_>>().bind(sql)
}

fn events(call: &OpenSession) -> impl Iterator<Item = &AuditEvent> {
    once(&call.audit).chain(call.proof.as_ref().map(|proof| &proof.audit))
}

fn notices(call: &OpenSession) -> impl Iterator<Item = Notice<'_>> {
    let proof = call.proof.iter().map(|proof| Notice {
        message: &proof.notice,
        leased_until: proof.leased_until,
        unless_notified_since: None,
    });
    let device = call.new_device.iter().map(|device| Notice {
        message: &device.notice,
        leased_until: device.leased_until,
        unless_notified_since: Some(device.unless_notified_since),
    });
    proof.chain(device)
}
