use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, QueryableByName, Selectable},
};
use doorward_kernel::{ChallengeId, ChangeId, EpochId, MessageId};
use doorward_notifier::{
    Claimed, CodeRef, CodeTemplate, Content, Delivery, DeliveryEnd, DeliveryOutcome, Entry, EntryState, Message,
    NoticeTemplate, Recipient,
};
use uuid::Uuid;

use super::stored::{Undecodable, email, instant, locale, phone};
use crate::schema::outbox;

/// A message under a lease.
#[derive(QueryableByName)]
#[diesel(table_name = outbox)]
pub(crate) struct ClaimedRow {
    #[diesel(embed)]
    message: MessageRow,
    tries: i64,
    leased_until: Option<PgTimestamp>,
    failed_provider: Option<String>,
}

/// A message as an operator looks at it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
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
#[diesel(table_name = outbox)]
pub(crate) struct DeliveryRow {
    provider: Option<String>,
    reference: Option<String>,
    failed_provider: Option<String>,
    sent_at: Option<PgTimestamp>,
    outcome: Option<String>,
    outcome_at: Option<PgTimestamp>,
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct MessageRow {
    id: Uuid,
    recipient_kind: String,
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

impl ClaimedRow {
    /// Names it, readable or not.
    pub(crate) const fn id(&self) -> MessageId {
        MessageId::from_uuid(self.message.id)
    }
}

impl TryFrom<ClaimedRow> for Claimed {
    type Error = Undecodable;

    fn try_from(row: ClaimedRow) -> Result<Self, Undecodable> {
        Ok(Self {
            message: row.message.try_into()?,
            tries: tries(row.tries)?,
            leased_until: row.leased_until.map(instant).ok_or(Undecodable("leased_until"))?,
            failed_provider: row.failed_provider,
        })
    }
}

impl EntryRow {
    pub(crate) const fn id(&self) -> MessageId {
        MessageId::from_uuid(self.message.id)
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = Undecodable;

    fn try_from(row: EntryRow) -> Result<Self, Undecodable> {
        let state = match (row.next_try_at, row.dead_since) {
            (Some(at), _) => EntryState::Waiting { next_try_at: instant(at) },
            (None, Some(since)) => EntryState::Dead { since: instant(since) },
            (None, None) => EntryState::Sent,
        };
        Ok(Self {
            message: row.message.try_into()?,
            tries: tries(row.tries)?,
            state,
            failure: row.failure,
            delivery: row.delivery.try_into()?,
        })
    }
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = Undecodable;

    fn try_from(row: DeliveryRow) -> Result<Self, Undecodable> {
        let end: Option<Result<_, Undecodable>> = row.outcome.zip(row.outcome_at).map(|(outcome, at)| {
            let outcome = DeliveryOutcome::parse(&outcome).ok_or(Undecodable("outcome"))?;
            Ok(DeliveryEnd { outcome, at: instant(at) })
        });
        Ok(Self {
            provider: row.provider,
            reference: row.reference,
            failed_provider: row.failed_provider,
            sent_at: row.sent_at.map(instant),
            end: end.transpose()?,
        })
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = Undecodable;

    fn try_from(mut row: MessageRow) -> Result<Self, Undecodable> {
        let recipient = match row.recipient_kind.as_str() {
            "email" => Recipient::Email(email(&row.recipient)?),
            "phone" => Recipient::Phone(phone(std::mem::take(&mut row.recipient))?),
            _ => return Err(Undecodable("recipient_kind")),
        };
        Ok(Self {
            id: MessageId::from_uuid(row.id),
            recipient,
            locale: locale(&row.locale)?,
            created_at: instant(row.created_at),
            expires_at: instant(row.expires_at),
            content: content(&mut row)?,
        })
    }
}

fn tries(tries: i64) -> Result<u32, Undecodable> {
    u32::try_from(tries).map_err(|_| Undecodable("tries"))
}

fn content(row: &mut MessageRow) -> Result<Content, Undecodable> {
    let Some(challenge) = row.challenge_id else {
        let template = NoticeTemplate::parse(&row.template).ok_or(Undecodable("template"))?;
        let undo = row.change_id.map(ChangeId::from_uuid);
        return Ok(Content::Notice { template, detail: row.detail.take(), undo });
    };
    let code = CodeRef {
        challenge: ChallengeId::from_uuid(challenge),
        epoch: row.epoch.map(EpochId).ok_or(Undecodable("epoch"))?,
        digits: row.digits.and_then(|digits| u8::try_from(digits).ok()).ok_or(Undecodable("digits"))?,
    };
    if row.template == Content::DECOY {
        return Ok(Content::Decoy { code });
    }
    Ok(Content::Code { template: CodeTemplate::parse(&row.template).ok_or(Undecodable("template"))?, code })
}
