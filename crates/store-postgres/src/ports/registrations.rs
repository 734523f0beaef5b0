use std::slice;

use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, QueryResult, SelectableHelper, prelude::QueryableByName, sql_types::Bool};
use diesel_async::RunQueryDsl;
use doorward_app::registration::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use doorward_kernel::{ChallengeId, StoreError};

use crate::{
    PgStore,
    columns::stored,
    connection::PgConnection,
    hot::bind_starts,
    rows::{AuditRow, ChallengeRow, DraftRow, NewUserRow},
    schema::registration_drafts,
    sql::Sql,
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
        self.write_one(async |connection| start_registration(connection, &start).await).await
    }

    async fn draft(&self, challenge: ChallengeId) -> Result<Option<Draft>, StoreError> {
        self.read(async |connection| {
            let draft = registration_drafts::table.find(challenge.as_uuid()).select(DraftRow::as_select());
            draft.first(connection).await.optional()?.map(DraftRow::decode).transpose()
        })
        .await
    }

    async fn complete(&self, complete: CompleteRegistration) -> Result<RegistrationOutcome, StoreError> {
        self.write_one(async |connection| complete_registration(connection, &complete).await).await
    }
}

/// Writes a registration's flow and what was given.
async fn start_registration(connection: &mut PgConnection, start: &StartRegistration) -> QueryResult<()> {
    let StartRegistration { flow, draft } = start;
    let sql = bind_starts(Sql::new(include_str!("../hot/start_registration.sql")), slice::from_ref(flow))
        .rows("registration_drafts", [DraftRow::encode(flow.challenge.id, draft)]);
    sql.execute(connection).await.map(drop)
}

/// Makes the account of a registration whose challenge is open, unless its address has one by then.
async fn complete_registration(
    connection: &mut PgConnection,
    complete: &CompleteRegistration,
) -> QueryResult<RegistrationOutcome> {
    let CompleteRegistration { challenge, user, verifier, continuation, now, audit } = complete;
    let sql = Sql::new(include_str!("../hot/complete_registration.sql"))
        .bind("done", challenge.as_uuid())
        .bind("next", continuation.id.as_uuid())
        .bind("now", stored(*now))
        .bind("email_key", user.email.key())
        .rows("users", [NewUserRow::encode(user, verifier)])
        .rows("challenges", [ChallengeRow::encode(continuation)])
        .rows("audit_events", [AuditRow::encode(audit)]);
    Ok(match sql.get_result(connection).await? {
        CompletedRow { was_open: false, .. } => RegistrationOutcome::Closed,
        CompletedRow { is_made: false, .. } => RegistrationOutcome::EmailTaken,
        CompletedRow { is_made: true, .. } => RegistrationOutcome::Registered,
    })
}
