use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, Timestamp};
use doorward_notifier::Message;

use crate::{
    connection::PgConnection,
    rows::{AuditRow, NewMessageRow},
    sql::Sql,
};

/// Writes messages that are due as soon as they were made.
pub(crate) async fn insert_messages<'a>(
    connection: &mut PgConnection,
    messages: impl IntoIterator<Item = &'a Message>,
) -> QueryResult<()> {
    let rows: Vec<_> = messages.into_iter().map(|message| NewMessageRow::encode(message, None)).collect();
    if !rows.is_empty() {
        Sql::new("INSERT INTO outbox $outbox").rows("outbox", rows).execute(connection).await?;
    }
    Ok(())
}

/// Writes messages and the event of what they tell, in one statement.
pub(crate) async fn insert_notices<'a>(
    connection: &mut PgConnection,
    messages: impl IntoIterator<Item = &'a Message>,
    event: &AuditEvent,
) -> QueryResult<()> {
    insert_leased(connection, messages.into_iter().map(|message| (message, None)), event).await
}

/// The same, each message leased until that instant for the process that writes it.
pub(crate) async fn insert_leased<'a>(
    connection: &mut PgConnection,
    messages: impl IntoIterator<Item = (&'a Message, Option<Timestamp>)>,
    event: &AuditEvent,
) -> QueryResult<()> {
    let sql = Sql::new("WITH posted AS (INSERT INTO outbox $outbox) INSERT INTO audit_events $audit_events")
        .rows("outbox", messages.into_iter().map(|(message, until)| NewMessageRow::encode(message, until)))
        .rows("audit_events", [AuditRow::encode(event)]);
    sql.execute(connection).await.map(drop)
}
