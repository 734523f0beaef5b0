use diesel::sql_types::{Array, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use doorward_kernel::{ChangeId, Timestamp};
use doorward_notifier::{CodeRef, Content, Message, Recipient};

use crate::{rows::stored, sql::Sql};

const INSERT: &str = "INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, \
    digits, detail, created_at, next_try_at, expires_at, change_id) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12";

/// Writes a message that is due at once.
pub(crate) fn insert(message: &Message) -> Sql<'_> {
    let (template, code, detail, undo) = content(message);
    Sql::new(INSERT)
        .bind::<Uuid, _>(message.id.as_uuid())
        .bind::<Text, _>(kind(message))
        .bind::<Text, _>(message.recipient.as_str())
        .bind::<Text, _>(message.locale.as_str())
        .bind::<Text, _>(template)
        .bind::<Nullable<Uuid>, _>(code.map(|code| code.challenge.as_uuid()))
        .bind::<Nullable<Integer>, _>(code.map(|code| code.epoch.0))
        .bind::<Nullable<SmallInt>, _>(code.map(|code| i16::from(code.digits)))
        .bind::<Nullable<Text>, _>(detail)
        .bind::<Timestamptz, _>(stored(message.created_at))
        .bind::<Timestamptz, _>(stored(message.expires_at))
        .bind::<Nullable<Uuid>, _>(undo.map(ChangeId::as_uuid))
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

/// Messages as columns, each with the end of the lease it is written under, if there is one.
pub(crate) struct MessageColumns<'m>(Vec<(&'m Message, Option<Timestamp>)>);

impl<'m> FromIterator<(&'m Message, Option<Timestamp>)> for MessageColumns<'m> {
    fn from_iter<I: IntoIterator<Item = (&'m Message, Option<Timestamp>)>>(messages: I) -> Self {
        Self(messages.into_iter().collect())
    }
}

impl<'m> MessageColumns<'m> {
    /// Binds the columns in the order of `start_flows.sql` and `open_sessions.sql`: the next 13 values.
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
