use diesel::sql_types::{Array, Binary, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use doorward_app::{factors::Outranked, flow::Start};
use doorward_kernel::{ChallengeId, SessionId, Timestamp, UserId};
use doorward_otp::{Challenge, Subject, Target};

use super::{audit, held_apps, held_numbers, messages};
use crate::{rows::stored, sql::Sql};

const INSERT: &str = "INSERT INTO challenges (id, purpose, step, target_kind, target, target_key, subject, user_id, \
    locale, session_id, epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, proved, \
    known_device) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21";

/// The condition of a challenge that is open at the instant of that number.
macro_rules! is_open {
    ($now:literal) => {
        concat!("closed_at IS NULL AND expires_at > ", $now, " AND tries < max_tries")
    };
}

pub(crate) use is_open;

/// Writes a challenge.
pub(crate) fn insert(challenge: &Challenge) -> Sql<'_> {
    let (kind, target) = target(challenge);
    Sql::new(INSERT)
        .bind::<Uuid, _>(challenge.id.as_uuid())
        .bind::<Text, _>(challenge.purpose.as_str())
        .bind::<Text, _>(challenge.step.as_str())
        .bind::<Text, _>(kind)
        .bind::<Text, _>(target)
        .bind::<Text, _>(challenge.target.as_str())
        .bind::<Text, _>(subject(challenge))
        .bind::<Nullable<Uuid>, _>(challenge.user().map(UserId::as_uuid))
        .bind::<Text, _>(challenge.locale.as_str())
        .bind::<Nullable<Uuid>, _>(challenge.session.map(SessionId::as_uuid))
        .bind::<Integer, _>(challenge.epoch.0)
        .bind::<SmallInt, _>(i16::from(challenge.digits.get()))
        .bind::<SmallInt, _>(i16::from(challenge.tries))
        .bind::<SmallInt, _>(i16::from(challenge.max_tries))
        .bind::<SmallInt, _>(i16::from(challenge.sends))
        .bind::<Timestamptz, _>(stored(challenge.sent_at))
        .bind::<Timestamptz, _>(stored(challenge.created_at))
        .bind::<Timestamptz, _>(stored(challenge.expires_at))
        .bind::<Nullable<Timestamptz>, _>(challenge.closed_at.map(stored))
        .bind::<Text, _>(challenge.proved.to_text())
        .bind::<Nullable<Binary>, _>(challenge.known_device.map(|device| device.0.to_vec()))
}

/// The kind of a target, and its text as it was given.
fn target(challenge: &Challenge) -> (&'static str, &str) {
    match &challenge.target {
        Target::Email(email) => ("email", email.as_str()),
        Target::Phone(number) => ("phone", number.as_str()),
    }
}

const fn subject(challenge: &Challenge) -> &'static str {
    match challenge.subject {
        Subject::Account(_) => "account",
        Subject::Unclaimed => "unclaimed",
        Subject::Decoy => "decoy",
    }
}

/// Challenges as columns, for the statement that writes many.
pub(crate) struct ChallengeColumns<'c>(Vec<&'c Challenge>);

impl<'c> FromIterator<&'c Challenge> for ChallengeColumns<'c> {
    fn from_iter<I: IntoIterator<Item = &'c Challenge>>(challenges: I) -> Self {
        Self(challenges.into_iter().collect())
    }
}

impl<'c> ChallengeColumns<'c> {
    /// Binds the columns in the order of [`insert`]: the next 21 values.
    pub(crate) fn bind(self, sql: Sql<'c>) -> Sql<'c> {
        sql.bind::<Array<Uuid>, _>(self.all(|challenge| challenge.id.as_uuid()))
            .bind::<Array<Text>, _>(self.all(|challenge| challenge.purpose.as_str()))
            .bind::<Array<Text>, _>(self.all(|challenge| challenge.step.as_str()))
            .bind::<Array<Text>, _>(self.all(|challenge| target(challenge).0))
            .bind::<Array<Text>, _>(self.all(|challenge| target(challenge).1))
            .bind::<Array<Text>, _>(self.all(|challenge| challenge.target.as_str()))
            .bind::<Array<Text>, _>(self.all(subject))
            .bind::<Array<Nullable<Uuid>>, _>(self.all(|challenge| challenge.user().map(UserId::as_uuid)))
            .bind::<Array<Text>, _>(self.all(|challenge| challenge.locale.as_str()))
            .bind::<Array<Nullable<Uuid>>, _>(self.all(|challenge| challenge.session.map(SessionId::as_uuid)))
            .bind::<Array<Integer>, _>(self.all(|challenge| challenge.epoch.0))
            .bind::<Array<SmallInt>, _>(self.all(|challenge| i16::from(challenge.digits.get())))
            .bind::<Array<SmallInt>, _>(self.all(|challenge| i16::from(challenge.tries)))
            .bind::<Array<SmallInt>, _>(self.all(|challenge| i16::from(challenge.max_tries)))
            .bind::<Array<SmallInt>, _>(self.all(|challenge| i16::from(challenge.sends)))
            .bind::<Array<Timestamptz>, _>(self.all(|challenge| stored(challenge.sent_at)))
            .bind::<Array<Timestamptz>, _>(self.all(|challenge| stored(challenge.created_at)))
            .bind::<Array<Timestamptz>, _>(self.all(|challenge| stored(challenge.expires_at)))
            .bind::<Array<Nullable<Timestamptz>>, _>(self.all(|challenge| challenge.closed_at.map(stored)))
            .bind::<Array<Text>, _>(self.all(|challenge| challenge.proved.to_text()))
            .bind::<Array<Nullable<Binary>>, _>(
                self.all(|challenge| challenge.known_device.map(|device| device.0.to_vec())),
            )
    }

    fn all<T>(&self, value: impl Fn(&'c Challenge) -> T) -> Vec<T> {
        self.0.iter().map(|challenge| value(challenge)).collect()
    }
}

/// Writes all that starts a flow, guarded by that part of the statement if there is one.
pub(crate) fn start<'a>(start: &'a Start, guard: Option<&'static str>) -> Vec<Sql<'a>> {
    let message = start.message.as_ref().map(messages::insert);
    let parts = [Some(insert(&start.challenge)), message, Some(audit::insert(&start.audit))].into_iter().flatten();
    parts.map(|part| if let Some(guard) = guard { part.guarded_by(guard) } else { part }).collect()
}

/// Closes the challenge if it is open; its row tells.
pub(crate) fn close<'a>(challenge: ChallengeId, now: Timestamp) -> Sql<'a> {
    Sql::new(concat!("UPDATE challenges SET closed_at = $2 WHERE id = $1 AND ", is_open!("$2"), " RETURNING id"))
        .bind::<Uuid, _>(challenge.as_uuid())
        .bind::<Timestamptz, _>(stored(now))
}

/// Closes the challenge, if it is open, before the step that follows; its row tells.
pub(crate) fn close_before<'a>(challenge: ChallengeId, next: ChallengeId, now: Timestamp) -> Sql<'a> {
    Sql::new(concat!(
        "UPDATE challenges SET closed_at = $2, successor = $3 WHERE id = $1 AND ",
        is_open!("$2"),
        " RETURNING id"
    ))
    .bind::<Uuid, _>(challenge.as_uuid())
    .bind::<Timestamptz, _>(stored(now))
    .bind::<Uuid, _>(next.as_uuid())
}

/// Closes every open challenge of the account, and those that its sessions started: a decoy is
/// nobody's, but a change that is one was started in a session. Calls off what is held for it,
/// but for what replaces one of the factors that are kept.
pub(crate) fn close_all<'a>(user: UserId, kept: &[Outranked], now: Timestamp) -> [Sql<'a>; 4] {
    let own = Sql::new(concat!("UPDATE challenges SET closed_at = $2 WHERE user_id = $1 AND ", is_open!("$2")));
    // No row in both: a statement changes each once.
    let started = Sql::new(concat!(
        "UPDATE challenges SET closed_at = $2 WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1) \
         AND user_id IS DISTINCT FROM $1 AND ",
        is_open!("$2")
    ));
    let [own, started] =
        [own, started].map(|sql| sql.bind::<Uuid, _>(user.as_uuid()).bind::<Timestamptz, _>(stored(now)));
    [own, started, held_numbers::call_off(user, kept), held_apps::call_off(user, kept)]
}

/// Closes what is open for the account and has its code in a mailbox that may be another's now.
pub(crate) fn close_mailed<'a>(user: UserId, now: Timestamp) -> Sql<'a> {
    Sql::new(concat!(
        "UPDATE challenges SET closed_at = $2 WHERE user_id = $1 AND target_kind = 'email' \
         AND purpose IN ('reset_password', 'bind') AND ",
        is_open!("$2")
    ))
    .bind::<Uuid, _>(user.as_uuid())
    .bind::<Timestamptz, _>(stored(now))
}
