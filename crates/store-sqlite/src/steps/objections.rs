use diesel::{QueryResult, SqliteConnection};
use doorward_app::factors::CancelPending;

use super::{audit::insert_audit, challenges::close_all, messages::insert_messages, sessions::end_all_sessions};

/// Ends everything under way for an account whose owner has objected to its pending change.
pub(crate) fn end_by_objection(connection: &mut SqliteConnection, off: &CancelPending) -> QueryResult<()> {
    end_all_sessions(connection, off.user, off.now)?;
    close_all(connection, off.user, &[], off.now)?;
    insert_messages(connection, &off.notices)?;
    insert_audit(connection, &off.audit)
}
