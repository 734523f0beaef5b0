use diesel::{
    data_types::PgTimestamp,
    prelude::{Queryable, Selectable},
};
use doorward_kernel::{ChallengeId, EpochId, SessionId, UserId};
use doorward_otp::{Challenge, Digits, KnownDevice, Purpose, Step, Subject, Target, Verified};
use uuid::Uuid;

use super::stored::{Undecodable, email, instant, locale, phone};
use crate::schema::challenges;

#[derive(Queryable, Selectable)]
#[diesel(table_name = challenges)]
pub(crate) struct ChallengeRow {
    id: Uuid,
    purpose: String,
    step: String,
    target_kind: String,
    target: String,
    subject: String,
    user_id: Option<Uuid>,
    locale: String,
    verified: String,
    session_id: Option<Uuid>,
    epoch: i32,
    digits: i16,
    tries: i16,
    max_tries: i16,
    sends: i16,
    sent_at: PgTimestamp,
    created_at: PgTimestamp,
    expires_at: PgTimestamp,
    closed_at: Option<PgTimestamp>,
    known_device: Option<Vec<u8>>,
    successor: Option<Uuid>,
}

impl TryFrom<ChallengeRow> for Challenge {
    type Error = Undecodable;

    fn try_from(row: ChallengeRow) -> Result<Self, Undecodable> {
        Ok(Self {
            id: ChallengeId::from_uuid(row.id),
            purpose: Purpose::parse(&row.purpose).ok_or(Undecodable("purpose"))?,
            step: Step::parse(&row.step).ok_or(Undecodable("step"))?,
            target: target(&row.target_kind, row.target)?,
            subject: subject(&row.subject, row.user_id)?,
            locale: locale(&row.locale)?,
            verified: Verified::parse(&row.verified),
            session: row.session_id.map(SessionId::from_uuid),
            known_device: row.known_device.map(known_device).transpose()?,
            epoch: EpochId(row.epoch),
            digits: count(row.digits).and_then(Digits::new).ok_or(Undecodable("digits"))?,
            tries: count(row.tries).ok_or(Undecodable("tries"))?,
            max_tries: count(row.max_tries).ok_or(Undecodable("max_tries"))?,
            sends: count(row.sends).ok_or(Undecodable("sends"))?,
            sent_at: instant(row.sent_at),
            created_at: instant(row.created_at),
            expires_at: instant(row.expires_at),
            closed_at: row.closed_at.map(instant),
            successor: row.successor.map(ChallengeId::from_uuid),
        })
    }
}

fn target(kind: &str, text: String) -> Result<Target, Undecodable> {
    match kind {
        "email" => Ok(Target::Email(email(&text)?)),
        "phone" => Ok(Target::Phone(phone(text)?)),
        _ => Err(Undecodable("target_kind")),
    }
}

fn subject(name: &str, user: Option<Uuid>) -> Result<Subject, Undecodable> {
    match (name, user) {
        ("account", Some(user)) => Ok(Subject::Account(UserId::from_uuid(user))),
        ("unclaimed", None) => Ok(Subject::Unclaimed),
        ("decoy", None) => Ok(Subject::Decoy),
        _ => Err(Undecodable("subject")),
    }
}

fn known_device(digest: Vec<u8>) -> Result<KnownDevice, Undecodable> {
    digest.try_into().map(KnownDevice).map_err(|_| Undecodable("known_device"))
}

fn count(number: i16) -> Option<u8> {
    u8::try_from(number).ok()
}
