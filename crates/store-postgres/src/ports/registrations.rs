use async_trait::async_trait;
use diesel::{
    OptionalExtension, QueryDsl, SelectableHelper,
    prelude::QueryableByName,
    sql_types::{Bool, Nullable, Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::registration::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use doorward_kernel::{ChallengeId, EmailAddress, StoreError, Timestamp};
use doorward_otp::Subject;
use doorward_user::Name;

use crate::{
    PgStore,
    rows::{DraftRow, decode, stored},
    schema::registration_drafts,
    sql::{Sql, Statement},
    steps::{
        audit,
        challenges::{self, is_open},
        messages,
        turns::await_turn,
        users,
    },
};

#[derive(QueryableByName)]
struct CompletedRow {
    #[diesel(sql_type = Bool)]
    was_open: bool,
    #[diesel(sql_type = Bool)]
    is_made: bool,
}

#[async_trait]
impl Registrations for PgStore {
    async fn start(&self, start: StartRegistration) -> Result<(), StoreError> {
        self.transaction(&start, |connection, start| {
            Box::pin(async {
                // Both kinds take the same statements, so that time does not tell a decoy.
                await_turn(connection, start.draft.email.key()).await?;
                let started = Statement::with("started", challenges::insert(&start.challenge))
                    .and([insert_draft(start.challenge.id, &start.draft), audit::insert(&start.audit)]);
                let told = start.message.iter().map(|message| messages::insert(message).guarded_by("told"));
                let instead = start.instead.iter().map(|message| messages::insert(message).guarded_by("untold"));
                let untold = Sql::new("SELECT 1 WHERE NOT EXISTS (SELECT FROM told)");
                let written = started.with("told", is_told(start)).with("untold", untold).and(told.chain(instead));
                written.then(Sql::new("SELECT FROM told")).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn draft(&self, challenge: ChallengeId) -> Result<Option<Draft>, StoreError> {
        self.repeatable(&challenge, |connection, challenge| {
            Box::pin(async {
                let draft = registration_drafts::table.find(challenge.as_uuid()).select(DraftRow::as_select());
                draft.first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn complete(&self, complete: CompleteRegistration) -> Result<RegistrationOutcome, StoreError> {
        self.transaction(&complete, |connection, complete| {
            Box::pin(async {
                await_turn(connection, complete.user.email.key()).await?;
                let row: CompletedRow = completion(complete).get_result(connection).await?;
                Ok(match (row.was_open, row.is_made) {
                    (false, _) => RegistrationOutcome::Closed,
                    (true, false) => RegistrationOutcome::EmailTaken,
                    (true, true) => RegistrationOutcome::Registered,
                })
            })
        })
        .await
    }
}

/// Has a row when the message is to be written: not for a decoy soon after another one.
fn is_told(start: &StartRegistration) -> Sql<'_> {
    Sql::new(
        "SELECT 1 WHERE NOT $1 OR NOT EXISTS ( \
             SELECT 1 FROM challenges WHERE target_key = $2 AND subject = 'decoy' AND created_at >= $3)",
    )
    .bind::<Bool, _>(start.challenge.subject == Subject::Decoy)
    .bind::<Text, _>(start.challenge.target.as_str())
    .bind::<Timestamptz, _>(stored(start.quiet_since))
}

fn insert_draft(challenge: ChallengeId, draft: &Draft) -> Sql<'_> {
    Sql::new(
        "INSERT INTO registration_drafts \
         (challenge_id, user_id, first_name, last_name, email, email_key, phone, locale, verifier) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9",
    )
    .bind::<Uuid, _>(challenge.as_uuid())
    .bind::<Uuid, _>(draft.user.as_uuid())
    .bind::<Text, _>(draft.names.first.as_str())
    .bind::<Nullable<Text>, _>(draft.names.last.as_ref().map(Name::as_str))
    .bind::<Text, _>(draft.email.as_str())
    .bind::<Text, _>(draft.email.key())
    .bind::<Text, _>(draft.phone.as_str())
    .bind::<Text, _>(draft.locale.as_str())
    .bind::<Text, _>(draft.verifier.as_str())
}

fn completion(complete: &CompleteRegistration) -> Statement<'_> {
    let CompleteRegistration { challenge, user, verifier, continuation, now, audit } = complete;
    Statement::with("closed", challenges::close_before(*challenge, continuation.id, *now))
        .with("made", users::insert_once_closed(user, verifier))
        .and([close_siblings(*challenge, &user.email, *now), forget_drafts(&user.email)])
        .and([challenges::insert(continuation), audit::insert(audit)].map(|part| part.guarded_by("made")))
        .then(Sql::new("SELECT EXISTS (SELECT 1 FROM closed) AS was_open, EXISTS (SELECT 1 FROM made) AS is_made"))
}

fn close_siblings(challenge: ChallengeId, email: &EmailAddress, now: Timestamp) -> Sql<'_> {
    Sql::new(concat!(
        "UPDATE challenges SET closed_at = $3 WHERE target_key = $2 AND purpose = 'register' AND id <> $1 AND ",
        is_open!("$3"),
        " AND EXISTS (SELECT 1 FROM made)"
    ))
    .bind::<Uuid, _>(challenge.as_uuid())
    .bind::<Text, _>(email.key())
    .bind::<Timestamptz, _>(stored(now))
}

fn forget_drafts(email: &EmailAddress) -> Sql<'_> {
    Sql::new("DELETE FROM registration_drafts WHERE email_key = $1 AND EXISTS (SELECT 1 FROM made)")
        .bind::<Text, _>(email.key())
}
