use diesel::sql_types::{Array, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use doorward_kernel::{ChangeId, Timestamp};
use doorward_notifier::{CodeRef, Content, Message, Recipient};

use super::Sql;
use crate::rows::stored;

/// Messages, in columns, each with the end of the lease it is written under, if there is one.
pub(crate) struct MessageColumns<'m>(Vec<(&'m Message, Option<Timestamp>)>);

impl<'m> FromIterator<(&'m Message, Option<Timestamp>)> for MessageColumns<'m> {
    fn from_iter<I: IntoIterator<Item = (&'m Message, Option<Timestamp>)>>(messages: I) -> Self {
        Self(messages.into_iter().collect())
    }
}

impl<'m> MessageColumns<'m> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next 13 values, in the order of `start_flows.sql` and `open_sessions.sql`.
    pub(crate) fn bind(self, sql: Sql<'m>) -> Sql<'m> {
        let code = |message: &'m Message| content(message).1;
        sql.bind::<Array<Uuid>, _>(self.all(|message| message.id.as_uuid()))
            .bind::<Array<Text>, _>(self.all(kind))
            .bind::<Array<Text>, _>(self.all(|message| message.recipient.as_str()))
            .bind::<Array<Text>, _>(self.all(|message| message.locale.as_str()))
            .bind::<Array<Text>, _>(self.all(|message| content(message).0))
            .bind::<Array<Nullable<Uuid>>, _>(self.all(|message| code(message).map(|code| code.challenge.as_uuid())))
            .bind::<Array<Nullable<Integer>>, _>(self.all(|message| code(message).map(|code| code.epoch.0)))
            .bind::<Array<Nullable<SmallInt>>, _>(self.all(|message| code(message).map(|code| i16::from(code.digits))))
            .bind::<Array<Nullable<Text>>, _>(self.all(|message| content(message).2))
            .bind::<Array<Timestamptz>, _>(self.all(|message| stored(message.created_at)))
            .bind::<Array<Timestamptz>, _>(self.all(|message| stored(message.expires_at)))
            .bind::<Array<Nullable<Uuid>>, _>(self.all(|message| content(message).3.map(ChangeId::as_uuid)))
            .bind::<Array<Nullable<Timestamptz>>, _>(
                self.0.iter().map(|(_, until)| until.map(stored)).collect::<Vec<_>>(),
            )
    }

    fn all<T>(&self, value: impl Fn(&'m Message) -> T) -> Vec<T> {
        self.0.iter().map(|(message, _)| value(message)).collect()
    }
}

const fn kind(message: &Message) -> &'static str {
    match message.recipient {
        Recipient::Email(_) => "email",
        Recipient::Phone(_) => "phone",
    }
}

/// The template, and what it is filled with.
fn content(message: &Message) -> (&'static str, Option<&CodeRef>, Option<&str>, Option<ChangeId>) {
    match &message.content {
        Content::Code { template, code } => (template.as_str(), Some(code), None, None),
        Content::Decoy { code } => (Content::DECOY, Some(code), None, None),
        Content::Notice { template, detail, undo } => (template.as_str(), None, detail.as_deref(), *undo),
    }
}
