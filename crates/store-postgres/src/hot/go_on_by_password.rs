use diesel::{
    QueryResult,
    data_types::PgTimestamp,
    prelude::QueryableByName,
    sql_query,
    sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::logins::{PasswordOutcome, RightPassword, Then};
use doorward_kernel::ChallengeId;

use crate::{
    columns::{AuditColumns, ChallengeColumns, MessageColumns, SessionColumns, Sql},
    connection::PgConnection,
    rows::{UserRow, decode, stored},
    steps::lockouts::bind_keys,
};

/// The account of a right password, whether it has too many sessions, and whether what follows was written.
#[derive(QueryableByName)]
struct RightRow {
    #[diesel(embed)]
    user: UserRow,
    #[diesel(sql_type = Bool)]
    is_full: bool,
    #[diesel(sql_type = Bool)]
    is_done: bool,
}

/// Goes on from a right password; `None` where sessions must end first for the new one, and nothing was written.
pub(crate) async fn go_on_by_password(
    connection: &mut PgConnection,
    right: &RightPassword,
) -> QueryResult<Option<PasswordOutcome>> {
    let rows: Vec<RightRow> = statement(right).load(connection).await?;
    Ok(match rows.into_iter().next() {
        None => Some(PasswordOutcome::Conflict),
        Some(RightRow { is_full: true, .. }) => None,
        Some(RightRow { is_done: false, .. }) => Some(PasswordOutcome::Closed),
        Some(RightRow { user, .. }) => Some(PasswordOutcome::Done(decode(user)?)),
    })
}

fn statement(right: &RightPassword) -> Sql<'_> {
    let (start, opening) = match &right.then {
        Then::Step(start) => (Some(&**start), None),
        Then::Session(opening) => (None, Some(&**opening)),
    };
    let device = opening.and_then(|opening| opening.new_device.as_ref());
    let cap = opening.map(|opening| &opening.cap);
    let sql = sql_query(include_str!("go_on_by_password.sql"))
        .into_boxed()
        .bind::<Uuid, _>(right.user.as_uuid())
        .bind::<Text, _>(right.verifier.as_str())
        .bind::<Nullable<Uuid>, _>(right.done.map(ChallengeId::as_uuid))
        .bind::<Timestamptz, _>(stored(right.now))
        .bind::<Nullable<Uuid>, _>(start.map(|start| start.challenge.id.as_uuid()))
        .bind::<Nullable<Integer>, _>(cap.map(|cap| i32::try_from(cap.most).unwrap_or(i32::MAX)))
        .bind::<Nullable<Timestamptz>, _>(cap.map(|cap| stored(cap.used_after)))
        .bind::<Nullable<Timestamptz>, _>(cap.map(|cap| stored(cap.opened_after)))
        .bind::<Nullable<Timestamptz>, _>(device.map(|device| -> PgTimestamp { stored(device.unless_notified_since) }));
    let sql = opening.map(|opening| &opening.session).into_iter().collect::<SessionColumns<'_>>().bind(sql);
    let sql = start.map(|start| &start.challenge).into_iter().collect::<ChallengeColumns<'_>>().bind(sql);
    let code = start.and_then(|start| Some((start.message.as_ref()?, start.leased_until)));
    let notice = device.map(|device| (&device.notice, device.leased_until));
    let sql = code.or(notice).into_iter().collect::<MessageColumns<'_>>().bind(sql);
    let audit = start.map(|start| &start.audit).or(opening.map(|opening| &opening.audit));
    bind_keys(audit.into_iter().collect::<AuditColumns>().bind(sql), right.clears.iter())
}
