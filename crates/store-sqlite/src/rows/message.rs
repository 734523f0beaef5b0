use diesel::{Insertable, QueryResult, Queryable, Selectable, sqlite::Sqlite};
use doorward_kernel::{EpochId, PhoneChannels, Timestamp};
use doorward_notifier::{
    Claimed, CodeRef, CodeTemplate, Content, Delivery, DeliveryEnd, DeliveryOutcome, Entry, EntryState, Message,
    NoticeTemplate, Recipient,
};

use super::words;
use crate::{
    columns::{Id, corrupt},
    schema::outbox,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct MessageRow {
    id: Id,
    channel: String,
    recipient: String,
    locale: String,
    template: String,
    challenge_id: Option<Id>,
    epoch: Option<i32>,
    digits: Option<i32>,
    detail: Option<String>,
    change_id: Option<Id>,
    created_at: i64,
    expires_at: i64,
}

/// A message as its worker gets it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite))]
pub(crate) struct ClaimedRow {
    #[diesel(embed)]
    message: MessageRow,
    tries: i64,
    next_try_at: Option<i64>,
    leased_until: Option<i64>,
    failed_provider: Option<String>,
}

/// A message as an operator sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite))]
pub(crate) struct EntryRow {
    #[diesel(embed)]
    message: MessageRow,
    tries: i64,
    next_try_at: Option<i64>,
    dead_since: Option<i64>,
    failure: Option<String>,
    #[diesel(embed)]
    delivery: DeliveryRow,
}

/// The delivery status of a message.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite))]
pub(crate) struct DeliveryRow {
    provider: Option<String>,
    reference: Option<String>,
    failed_provider: Option<String>,
    sent_at: Option<i64>,
    outcome: Option<String>,
    outcome_at: Option<i64>,
}

impl MessageRow {
    pub(crate) fn encode(message: &Message) -> Self {
        let (template, code, detail, undo) = match &message.content {
            Content::Code { template, code } => (template.as_str(), Some(code), None, None),
            Content::Decoy { code } => (Content::DECOY, Some(code), None, None),
            Content::Notice { template, detail, undo } => (template.as_str(), None, detail.clone(), *undo),
        };
        Self {
            id: message.id.into(),
            channel: message.recipient.channel().to_owned(),
            recipient: message.recipient.as_str().to_owned(),
            locale: message.locale.as_str().to_owned(),
            template: template.to_owned(),
            challenge_id: code.map(|code| code.challenge.into()),
            epoch: code.map(|code| code.epoch.0),
            digits: code.map(|code| code.digits.into()),
            detail,
            change_id: undo.map(Id::from),
            created_at: message.created_at.as_micros(),
            expires_at: message.expires_at.as_micros(),
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
                    challenge: challenge.into(),
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
                undo: self.change_id.map(Into::into),
            },
        };
        Ok(Message {
            id: self.id.into(),
            recipient,
            locale: words::locale(&self.locale, "outbox.locale")?,
            content,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }
}

impl ClaimedRow {
    pub(crate) const fn id(&self) -> Id {
        self.message.id
    }

    /// Returns the outbox's sort key: due first, then made first.
    pub(crate) fn order(&self) -> (Option<i64>, Id) {
        (self.next_try_at, self.message.id)
    }

    pub(crate) fn decode(self) -> QueryResult<Claimed> {
        let leased_until = self.leased_until.ok_or_else(|| corrupt("outbox.leased_until"))?;
        Ok(Claimed {
            message: self.message.decode()?,
            tries: tries(self.tries)?,
            leased_until: Timestamp::from_micros(leased_until),
            failed_provider: self.failed_provider,
        })
    }
}

impl EntryRow {
    pub(crate) const fn id(&self) -> Id {
        self.message.id
    }

    pub(crate) fn decode(self) -> QueryResult<Entry> {
        let state = match (self.next_try_at, self.dead_since) {
            (Some(at), _) => EntryState::Waiting { next_try_at: Timestamp::from_micros(at) },
            (None, Some(since)) => EntryState::Dead { since: Timestamp::from_micros(since) },
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
            Ok(DeliveryEnd { outcome, at: Timestamp::from_micros(at) })
        });
        Ok(Delivery {
            provider: self.provider,
            reference: self.reference,
            failed_provider: self.failed_provider,
            sent_at: self.sent_at.map(Timestamp::from_micros),
            end: end.transpose()?,
        })
    }
}

fn tries(tries: i64) -> QueryResult<u32> {
    u32::try_from(tries).map_err(|_| corrupt("outbox.tries"))
}
