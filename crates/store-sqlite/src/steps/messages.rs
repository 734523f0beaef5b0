use diesel::{ExpressionMethods, QueryResult, RunQueryDsl, SqliteConnection, insert_into};
use doorward_kernel::Timestamp;
use doorward_notifier::Message;

use crate::{rows::MessageRow, schema::outbox};

/// Writes a message that is due as soon as it was made.
pub(crate) fn insert_message(connection: &mut SqliteConnection, message: &Message) -> QueryResult<()> {
    insert_leased_message(connection, message, None)
}

/// The same, leased until that instant for the process that writes it.
pub(crate) fn insert_leased_message(
    connection: &mut SqliteConnection,
    message: &Message,
    leased_until: Option<Timestamp>,
) -> QueryResult<()> {
    let due = outbox::next_try_at.eq(message.created_at.as_micros());
    let lease = outbox::leased_until.eq(leased_until.map(Timestamp::as_micros));
    insert_into(outbox::table).values((MessageRow::encode(message), due, lease)).execute(connection)?;
    Ok(())
}

pub(crate) fn insert_messages<'a>(
    connection: &mut SqliteConnection,
    messages: impl IntoIterator<Item = &'a Message>,
) -> QueryResult<()> {
    messages.into_iter().try_for_each(|message| insert_message(connection, message))
}
