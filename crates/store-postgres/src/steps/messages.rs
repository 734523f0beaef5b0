use diesel::{QueryResult, sql_query};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, Timestamp};
use doorward_notifier::Message;

use crate::{
    columns::{AuditColumns, MessageColumns},
    connection::PgConnection,
};

const INSERT: &str = "INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, \
    digits, detail, created_at, expires_at, change_id, leased_until, next_try_at) \
    SELECT posted.*, posted.created_at FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
        AS posted (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at, \
            expires_at, change_id, leased_until)";

const NOTIFY: &str = "WITH posted AS ( \
        INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, \
            created_at, expires_at, change_id, leased_until, next_try_at) \
        SELECT posted.*, posted.created_at FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
            AS posted (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, \
                created_at, expires_at, change_id, leased_until)) \
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id) \
    SELECT * FROM unnest($14, $15, $16, $17, $18, $19)";

/// Writes messages that are due as soon as they were made.
pub(crate) async fn insert_messages<'a>(
    connection: &mut PgConnection,
    messages: impl IntoIterator<Item = &'a Message>,
) -> QueryResult<()> {
    let messages = messages.into_iter().map(|message| (message, None)).collect::<MessageColumns<'_>>();
    if !messages.is_empty() {
        messages.bind(sql_query(INSERT).into_boxed()).execute(connection).await?;
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
    let sql = messages.into_iter().collect::<MessageColumns<'_>>().bind(sql_query(NOTIFY).into_boxed());
    [event].into_iter().collect::<AuditColumns>().bind(sql).execute(connection).await?;
    Ok(())
}
