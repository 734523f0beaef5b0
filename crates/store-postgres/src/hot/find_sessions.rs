use std::collections::HashMap;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_app::SignedIn;
use doorward_kernel::SessionId;

use crate::{
    connection::PgConnection,
    rows::{SessionRow, UserRow},
    schema::{sessions, users},
};

/// The sessions and their users, in the order of the ids.
///
/// One that is asked for alone is read by a statement of its own, which the planner answers by the key whatever it
/// believes of the size of the table.
pub(super) async fn find_sessions(
    connection: &mut PgConnection,
    ids: &[SessionId],
) -> QueryResult<Vec<Option<SignedIn>>> {
    let session_lookup =
        sessions::table.inner_join(users::table).select((SessionRow::as_select(), UserRow::as_select()));
    if let [id] = ids {
        let row: Option<(SessionRow, UserRow)> =
            session_lookup.filter(sessions::id.eq(id.as_uuid())).first(connection).await.optional()?;
        return Ok(vec![row.map(signed_in).transpose()?]);
    }
    let keys: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows: Vec<(SessionRow, UserRow)> = session_lookup.filter(sessions::id.eq_any(keys)).load(connection).await?;
    let found = rows.into_iter().map(|row| signed_in(row).map(|found| (found.session.id, found)));
    let found: HashMap<SessionId, SignedIn> = found.collect::<QueryResult<_>>()?;
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

fn signed_in((session, user): (SessionRow, UserRow)) -> QueryResult<SignedIn> {
    Ok(SignedIn { session: session.decode()?, user: user.decode()? })
}
