use diesel::sql_types::{Array, Binary, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use doorward_kernel::{SessionId, UserId};
use doorward_otp::{Challenge, Subject, Target};

use super::Sql;
use crate::rows::stored;

/// Challenges, in columns.
pub(crate) struct ChallengeColumns<'c>(Vec<&'c Challenge>);

impl<'c> FromIterator<&'c Challenge> for ChallengeColumns<'c> {
    fn from_iter<I: IntoIterator<Item = &'c Challenge>>(challenges: I) -> Self {
        Self(challenges.into_iter().collect())
    }
}

impl<'c> ChallengeColumns<'c> {
    /// The next 21 values, in the order of `start_flows.sql`.
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
            .bind::<Array<Text>, _>(self.all(|challenge| challenge.verified.to_text()))
            .bind::<Array<Nullable<Binary>>, _>(
                self.all(|challenge| challenge.known_device.map(|device| device.0.to_vec())),
            )
    }

    fn all<T>(&self, value: impl Fn(&'c Challenge) -> T) -> Vec<T> {
        self.0.iter().map(|challenge| value(challenge)).collect()
    }
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
