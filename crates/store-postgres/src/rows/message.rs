use diesel::{Insertable, QueryResult, Queryable, QueryableByName, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_kernel::{ChallengeId, ChangeId, EpochId, MessageId, PhoneChannels, Timestamp};
use doorward_notifier::{
    Claimed, CodeRef, CodeTemplate, Content, Delivery, DeliveryEnd, DeliveryOutcome, Entry, EntryState, Message,
    NoticeTemplate, Recipient,
};
use uuid::Uuid;

use super::words;
use crate::{
    columns::{corrupt, instant, stored},
    schema::outbox,
    sql::batched,
};

#[derive(Clone, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = outbox, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(crate) struct MessageRow {
    id: Uuid,
    channel: String,
    recipient: String,
    locale: String,
    template: String,
    challenge_id: Option<Uuid>,
    epoch: Option<i32>,
    digits: Option<i16>,
    detail: Option<String>,
    change_id: Option<Uuid>,
    created_at: PgTimestamp,
    expires_at: PgTimestamp,
}

/// A message to write, due as soon as it was made.
pub(crate) struct NewMessageRow {
    message: MessageRow,
    next_try_at: PgTimestamp,
    leased_until: Option<PgTimestamp>,
}

batched!(NewMessageRow:
    message.id, message.channel, message.recipient, message.locale, message.template, message.challenge_id,
    message.epoch, message.digits, message.detail, message.change_id, message.created_at, message.expires_at,
    next_try_at, leased_until);

/// A message as its worker gets it.
#[derive(QueryableByName)]
#[diesel(table_name = outbox, check_for_backend(Pg))]
pub(crate) struct ClaimedRow {
    #[diesel(embed)]
    message: MessageRow,
    tries: i64,
    leased_until: Option<PgTimestamp>,
    failed_provider: Option<String>,
}

/// A message as an operator looks at it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Pg))]
pub(crate) struct EntryRow {
    #[diesel(embed)]
    message: MessageRow,
    tries: i64,
    next_try_at: Option<PgTimestamp>,
    dead_since: Option<PgTimestamp>,
    failure: Option<String>,
    #[diesel(embed)]
    delivery: DeliveryRow,
}

/// The delivery status of a message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Pg))]
pub(crate) struct DeliveryRow {
    provider: Option<String>,
    reference: Option<String>,
    failed_provider: Option<String>,
    sent_at: Option<PgTimestamp>,
    outcome: Option<String>,
    outcome_at: Option<PgTimestamp>,
}

impl NewMessageRow {
    /// One that is held until that instant for the process that writes it.
    pub(crate) fn encode(message: &Message, leased_until: Option<Timestamp>) -> Self {
        Self {
            message: MessageRow::encode(message),
            next_try_at: stored(message.created_at),
            leased_until: leased_until.map(stored),
        }
    }
}

impl MessageRow {
    fn encode(message: &Message) -> Self {
        let (template, code, detail, undo) = match &message.content {
            Content::Code { template, code } => (template.as_str(), Some(code), None, None),
            Content::Decoy { code } => (Content::DECOY, Some(code), None, None),
            Content::Notice { template, detail, undo } => (template.as_str(), None, detail.clone(), *undo),
        };
        Self {
            id: message.id.as_uuid(),
            channel: message.recipient.channel().to_owned(),
            recipient: message.recipient.as_str().to_owned(),
            locale: message.locale.as_str().to_owned(),
            template: template.to_owned(),
            challenge_id: code.map(|code| code.challenge.as_uuid()),
            epoch: code.map(|code| code.epoch.0),
            digits: code.map(|code| code.digits.into()),
            detail,
            change_id: undo.map(ChangeId::as_uuid),
            created_at: stored(message.created_at),
            expires_at: stored(message.expires_at),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Message> {
        let recipient = match PhoneChannels::parse(&self.channel) {
            Some(channels) => Recipient::Phone(words::phone(self.recipient, "outbox.recipient")?, channels),
            None if self.channel == words::EMAIL => {
                Recipient::Email(words::email(&self.recipient, "outbox.recipient")?)
            }
            None => return Err(corrupt("outbox.channel")),
        };
        let content = match (self.challenge_id, self.epoch, self.digits) {
            (Some(challenge), Some(epoch), Some(digits)) => {
                let code = CodeRef {
                    challenge: ChallengeId::from_uuid(challenge),
                    epoch: EpochId(epoch),
                    digits: words::byte(digits, "outbox.digits")?,
                };
                if self.template == Content::DECOY {
                    Content::Decoy { code }
                } else {
                    let template = CodeTemplate::parse(&self.template).ok_or_else(|| corrupt("outbox.template"))?;
                    Content::Code { template, code }
                }
            }
            _ => Content::Notice {
                template: NoticeTemplate::parse(&self.template).ok_or_else(|| corrupt("outbox.template"))?,
                detail: self.detail,
                undo: self.change_id.map(ChangeId::from_uuid),
            },
        };
        Ok(Message {
            id: MessageId::from_uuid(self.id),
            recipient,
            locale: words::locale(&self.locale, "outbox.locale")?,
            content,
            created_at: instant(self.created_at),
            expires_at: instant(self.expires_at),
        })
    }
}

impl ClaimedRow {
    pub(crate) const fn id(&self) -> MessageId {
        MessageId::from_uuid(self.message.id)
    }

    pub(crate) fn decode(self) -> QueryResult<Claimed> {
        let leased_until = self.leased_until.ok_or_else(|| corrupt("outbox.leased_until"))?;
        Ok(Claimed {
            message: self.message.decode()?,
            tries: tries(self.tries)?,
            leased_until: instant(leased_until),
            failed_provider: self.failed_provider,
        })
    }
}

impl EntryRow {
    pub(crate) const fn id(&self) -> MessageId {
        MessageId::from_uuid(self.message.id)
    }

    pub(crate) fn decode(self) -> QueryResult<Entry> {
        let state = match (self.next_try_at, self.dead_since) {
            (Some(at), _) => EntryState::Waiting { next_try_at: instant(at) },
            (None, Some(since)) => EntryState::Dead { since: instant(since) },
            (None, None) => EntryState::Sent,
        };
        Ok(Entry {
            message: self.message.decode()?,
            tries: tries(self.tries)?,
            state,
            failure: self.failure,
            delivery: self.delivery.decode()?,
        })
    }
}

impl DeliveryRow {
    fn decode(self) -> QueryResult<Delivery> {
        let end: Option<QueryResult<_>> = self.outcome.zip(self.outcome_at).map(|(outcome, at)| {
            let outcome = DeliveryOutcome::parse(&outcome).ok_or_else(|| corrupt("outbox.outcome"))?;
            Ok(DeliveryEnd { outcome, at: instant(at) })
        });
        Ok(Delivery {
            provider: self.provider,
            reference: self.reference,
            failed_provider: self.failed_provider,
            sent_at: self.sent_at.map(instant),
            end: end.transpose()?,
        })
    }
}

fn tries(tries: i64) -> QueryResult<u32> {
    u32::try_from(tries).map_err(|_| corrupt("outbox.tries"))
}
