use diesel::{QueryResult, prelude::QueryableByName, sql_types::Bool};
use diesel_async::RunQueryDsl;
use doorward_app::logins::{PasswordOutcome, RightPassword, Then};
use doorward_kernel::ChallengeId;

use crate::{
    columns::stored,
    connection::PgConnection,
    rows::{AuditRow, ChallengeRow, NewMessageRow, SessionRow, UserRow},
    sql::Sql,
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
        Some(RightRow { user, .. }) => Some(PasswordOutcome::Done(user.decode()?)),
    })
}

fn statement(right: &RightPassword) -> Sql<'_> {
    let (start, opening) = match &right.then {
        Then::Step(start) => (Some(&**start), None),
        Then::Session(opening) => (None, Some(&**opening)),
    };
    let device = opening.and_then(|opening| opening.new_device.as_ref());
    let cap = opening.map(|opening| &opening.cap);
    let code = start.and_then(|start| Some((start.message.as_ref()?, start.leased_until)));
    let notice = device.map(|device| (&device.notice, device.leased_until));
    let audit = start.map(|start| &start.audit).or(opening.map(|opening| &opening.audit));
    Sql::new(include_str!("go_on_by_password.sql"))
        .bind("owner", right.user.as_uuid())
        .bind("verifier", right.verifier.as_str())
        .bind("done", right.done.map(ChallengeId::as_uuid))
        .bind("now", stored(right.now))
        .bind("next", start.map(|start| start.challenge.id.as_uuid()))
        .bind("most", cap.map(|cap| i32::try_from(cap.most).unwrap_or(i32::MAX)))
        .bind("used_after", cap.map(|cap| stored(cap.used_after)))
        .bind("opened_after", cap.map(|cap| stored(cap.opened_after)))
        .bind("unless_notified_since", device.map(|device| stored(device.unless_notified_since)))
        .rows("sessions", opening.map(|opening| SessionRow::encode(&opening.session)))
        .rows("challenges", start.map(|start| ChallengeRow::encode(&start.challenge)))
        .rows("outbox", code.or(notice).map(|(message, until)| NewMessageRow::encode(message, until)))
        .rows("audit_events", audit.map(AuditRow::encode))
}
