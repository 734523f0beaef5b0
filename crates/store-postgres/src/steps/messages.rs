use diesel::sql_types::{Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use doorward_kernel::ChangeId;
use doorward_notifier::{Content, Message, Recipient};

use crate::{rows::stored, sql::Sql};

const INSERT: &str = "INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, \
    digits, detail, created_at, next_try_at, expires_at, change_id) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12";

/// Writes a message that is due at once.
pub(crate) fn insert(message: &Message) -> Sql<'_> {
    let kind = match message.recipient {
        Recipient::Email(_) => "email",
        Recipient::Phone(_) => "phone",
    };
    let (template, code, detail, undo) = match &message.content {
        Content::Code { template, code } => (template.as_str(), Some(code), None, None),
        Content::Notice { template, detail, undo } => (template.as_str(), None, detail.as_deref(), *undo),
    };
    Sql::new(INSERT)
        .bind::<Uuid, _>(message.id.as_uuid())
        .bind::<Text, _>(kind)
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
