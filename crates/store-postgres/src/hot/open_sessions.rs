use std::{collections::HashMap, iter::once};

use diesel::{
    QueryResult,
    prelude::QueryableByName,
    sql_types::{Bool, Integer, Nullable, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::logins::{LoginOutcome, OpenSession};
use doorward_kernel::{AuditEvent, PhoneNumber, Timestamp};
use doorward_notifier::Message;
use doorward_user::PasswordVerifier;

use crate::{
    columns::stored,
    connection::PgConnection,
    fault,
    rows::{AuditRow, NewMessageRow, SessionRow, UserRow},
    sql::Sql,
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
            Opening::Done(LoginOutcome::Opened(user.decode()?), live)
        }
    })
}

fn statement(opens: &[Open]) -> Sql<'_> {
    let most = |open: &Open| open.counts.then(|| i32::try_from(open.session.cap.most).unwrap_or(i32::MAX));
    let calls = || opens.iter().map(|open| &open.session);
    let owner = |call: &OpenSession| call.session.user.as_uuid();
    let events = || calls().flat_map(|call| events(call).map(move |event| (owner(call), event)));
    let notices = || calls().flat_map(|call| notices(call).map(move |notice| (owner(call), notice)));
    Sql::new(include_str!("open_sessions.sql"))
        .each("challenges", calls(), |call| call.challenge.as_uuid())
        .each("opened", calls(), |call| call.session.id.as_uuid())
        .each("owners", calls(), owner)
        .each("instants", calls(), |call| stored(call.now))
        .each("numbers", calls(), |call| call.number.as_ref().map(PhoneNumber::as_str))
        .each("verifies_number", calls(), |call| call.number_verification.is_some())
        .each("verifiers", calls(), |call| call.checked.as_ref().map(PasswordVerifier::as_str))
        .each("most", opens.iter(), most)
        .each("used_after", calls(), |call| stored(call.cap.used_after))
        .each("opened_after", calls(), |call| stored(call.cap.opened_after))
        .each("notes_use", calls(), |call| call.notes_use)
        .each("events", events(), |(_, event)| event.id.as_uuid())
        .each("event_owners", events(), |(owner, _)| owner)
        .each("notices", notices(), |(_, notice)| notice.message.id.as_uuid())
        .each("notice_owners", notices(), |(owner, _)| owner)
        .each("unless_notified_since", notices(), |(_, notice)| notice.unless_notified_since.map(stored))
        .rows("sessions", calls().map(|call| SessionRow::encode(&call.session)))
        .rows("outbox", notices().map(|(_, notice)| NewMessageRow::encode(notice.message, notice.leased_until)))
        .rows("audit_events", events().map(|(_, event)| AuditRow::encode(event)))
}

fn events(call: &OpenSession) -> impl Iterator<Item = &AuditEvent> {
    once(&call.audit).chain(call.number_verification.as_ref().map(|number_verification| &number_verification.audit))
}

fn notices(call: &OpenSession) -> impl Iterator<Item = Notice<'_>> {
    let number_verification = call.number_verification.iter().map(|number_verification| Notice {
        message: &number_verification.notice,
        leased_until: number_verification.leased_until,
        unless_notified_since: None,
    });
    let device = call.new_device.iter().map(|device| Notice {
        message: &device.notice,
        leased_until: device.leased_until,
        unless_notified_since: Some(device.unless_notified_since),
    });
    number_verification.chain(device)
}
