use diesel::QueryResult;
use doorward_app::factors::CancelPending;

use super::{challenges::close_all, messages::insert_notices, sessions::end_all_sessions};
use crate::connection::PgConnection;

/// Ends everything under way for an account whose owner has objected to its pending change.
pub(crate) async fn end_by_objection(connection: &mut PgConnection, off: &CancelPending) -> QueryResult<()> {
    end_all_sessions(connection, off.user, off.now).await?;
    close_all(connection, off.user, &[], off.now).await?;
    insert_notices(connection, &off.notices, &off.audit).await
}
