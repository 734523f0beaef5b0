use diesel::{Insertable, QueryResult, Queryable, Selectable, data_types::PgTimestamp, pg::Pg};
use doorward_kernel::{ChallengeId, EpochId, SessionId, UserId};
use doorward_otp::{Challenge, Digits, KnownDevice, Purpose, Step, Subject, Target, Verified};
use uuid::Uuid;

use super::words;
use crate::{
    columns::{corrupt, instant, stored},
    schema::challenges,
    sql::batched,
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = challenges, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(crate) struct ChallengeRow {
    id: Uuid,
    purpose: String,
    step: String,
    target_kind: String,
    target: String,
    target_key: String,
    phone_channels: String,
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

batched!(ChallengeRow:
    id, purpose, step, target_kind, target, target_key, phone_channels, subject, user_id, locale, verified, session_id,
    epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, known_device, successor);

const ACCOUNT: &str = "account";
const UNCLAIMED: &str = "unclaimed";
const WITHHELD: &str = "withheld";
/// A subject that is nobody.
const DECOY: &str = "decoy";

impl ChallengeRow {
    pub(crate) fn encode(challenge: &Challenge) -> Self {
        let (target_kind, target) = match &challenge.target {
            Target::Email(email) => (words::EMAIL, email.as_str()),
            Target::Phone(number) => (words::PHONE, number.as_str()),
        };
        let subject = match challenge.subject {
            Subject::Account(_) => ACCOUNT,
            Subject::Unclaimed => UNCLAIMED,
            Subject::Withheld(_) => WITHHELD,
            Subject::Decoy => DECOY,
        };
        Self {
            id: challenge.id.as_uuid(),
            purpose: challenge.purpose.as_str().to_owned(),
            step: challenge.step.as_str().to_owned(),
            target_kind: target_kind.to_owned(),
            target: target.to_owned(),
            target_key: challenge.target.as_str().to_owned(),
            phone_channels: challenge.phone_channels.as_str().to_owned(),
            subject: subject.to_owned(),
            user_id: challenge.user().map(UserId::as_uuid),
            locale: challenge.locale.as_str().to_owned(),
            verified: challenge.verified.to_text(),
            session_id: challenge.session.map(SessionId::as_uuid),
            epoch: challenge.epoch.0,
            digits: challenge.digits.get().into(),
            tries: challenge.tries.into(),
            max_tries: challenge.max_tries.into(),
            sends: challenge.sends.into(),
            sent_at: stored(challenge.sent_at),
            created_at: stored(challenge.created_at),
            expires_at: stored(challenge.expires_at),
            closed_at: challenge.closed_at.map(stored),
            known_device: challenge.known_device.map(|device| device.0.to_vec()),
            successor: challenge.successor.map(ChallengeId::as_uuid),
        }
    }

    pub(crate) fn decode(self) -> QueryResult<Challenge> {
        let subject = match (self.subject.as_str(), self.user_id) {
            (ACCOUNT, Some(user)) => Subject::Account(UserId::from_uuid(user)),
            (UNCLAIMED, None) => Subject::Unclaimed,
            (WITHHELD, Some(user)) => Subject::Withheld(UserId::from_uuid(user)),
            (DECOY, None) => Subject::Decoy,
            _ => return Err(corrupt("challenges.subject")),
        };
        let target = match self.target_kind.as_str() {
            words::EMAIL => Target::Email(words::email(&self.target, "challenges.target")?),
            words::PHONE => Target::Phone(words::phone(self.target, "challenges.target")?),
            _ => return Err(corrupt("challenges.target_kind")),
        };
        let known_device = self.known_device.map(<[u8; 32]>::try_from).transpose();
        Ok(Challenge {
            id: ChallengeId::from_uuid(self.id),
            purpose: Purpose::parse(&self.purpose).ok_or_else(|| corrupt("challenges.purpose"))?,
            step: Step::parse(&self.step).ok_or_else(|| corrupt("challenges.step"))?,
            target,
            phone_channels: words::phone_channels(&self.phone_channels, "challenges.phone_channels")?,
            subject,
            locale: words::locale(&self.locale, "challenges.locale")?,
            verified: Verified::parse(&self.verified),
            session: self.session_id.map(SessionId::from_uuid),
            known_device: known_device.map_err(|_| corrupt("challenges.known_device"))?.map(KnownDevice),
            epoch: EpochId(self.epoch),
            digits: words::byte(self.digits, "challenges.digits")
                .map(Digits::new)?
                .ok_or_else(|| corrupt("challenges.digits"))?,
            tries: words::byte(self.tries, "challenges.tries")?,
            max_tries: words::byte(self.max_tries, "challenges.max_tries")?,
            sends: words::byte(self.sends, "challenges.sends")?,
            sent_at: instant(self.sent_at),
            created_at: instant(self.created_at),
            expires_at: instant(self.expires_at),
            closed_at: self.closed_at.map(instant),
            successor: self.successor.map(ChallengeId::from_uuid),
        })
    }
}
