use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection};
use doorward_app::registration::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use doorward_kernel::{ChallengeId, StoreError};
use doorward_otp::Purpose;

use crate::{
    SqliteStore,
    columns::Id,
    rows::DraftRow,
    schema::registration_drafts,
    steps::{
        audit::insert_audit,
        challenges::{close_before, close_for_target, insert_challenge, insert_start},
        registrations::{insert_draft, purge_drafts},
        users::insert_user,
    },
};

#[async_trait]
impl Registrations for SqliteStore {
    async fn start(&self, start: StartRegistration) -> Result<(), StoreError> {
        self.write(move |connection| Ok(insert_registration(connection, &start)?)).await
    }

    async fn draft(&self, challenge: ChallengeId) -> Result<Option<Draft>, StoreError> {
        self.read(|connection| find_draft(connection, challenge))
    }

    async fn complete(&self, complete: CompleteRegistration) -> Result<RegistrationOutcome, StoreError> {
        self.write(move |connection| Ok(register(connection, &complete)?)).await
    }
}

fn insert_registration(connection: &mut SqliteConnection, start: &StartRegistration) -> QueryResult<()> {
    insert_start(connection, &start.flow)?;
    insert_draft(connection, start.flow.challenge.id, &start.draft)
}

fn find_draft(connection: &mut SqliteConnection, challenge: ChallengeId) -> QueryResult<Option<Draft>> {
    let row = registration_drafts::table.find(Id::from(challenge)).select(DraftRow::as_select());
    row.first(connection).optional()?.map(DraftRow::decode).transpose()
}

fn register(connection: &mut SqliteConnection, complete: &CompleteRegistration) -> QueryResult<RegistrationOutcome> {
    let CompleteRegistration { user, verifier, now, .. } = complete;
    if !close_before(connection, complete.challenge, complete.continuation.id, *now)? {
        return Ok(RegistrationOutcome::Closed);
    }
    if !insert_user(connection, user, verifier)? {
        return Ok(RegistrationOutcome::EmailTaken);
    }
    close_for_target(connection, Purpose::Register, user.email.key(), *now)?;
    purge_drafts(connection, &user.email)?;
    insert_challenge(connection, &complete.continuation)?;
    insert_audit(connection, &complete.audit)?;
    Ok(RegistrationOutcome::Registered)
}
