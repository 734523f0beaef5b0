use diesel::{ExpressionMethods, QueryResult, RunQueryDsl, SqliteConnection, insert_into};
use doorward_notifier::Message;

use crate::{rows::MessageRow, schema::outbox};

/// Writes a message that is due as soon as it was made.
pub(crate) fn insert_message(connection: &mut SqliteConnection, message: &Message) -> QueryResult<()> {
    let due = outbox::next_try_at.eq(message.created_at.as_micros());
    insert_into(outbox::table).values((MessageRow::encode(message), due)).execute(connection)?;
    Ok(())
}

pub(crate) fn insert_messages<'a>(
    connection: &mut SqliteConnection,
    messages: impl IntoIterator<Item = &'a Message>,
) -> QueryResult<()> {
    messages.into_iter().try_for_each(|message| insert_message(connection, message))
}
