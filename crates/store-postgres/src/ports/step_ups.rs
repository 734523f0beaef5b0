use async_trait::async_trait;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use doorward_app::step_up::{CompleteStepUp, StepUpOutcome, StepUps};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::stored,
    sql::{Sql, Statement},
    steps::{audit, challenges, users},
    store::Abort,
};

#[async_trait]
impl StepUps for PgStore {
    async fn complete(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError> {
        self.transaction(&complete, |connection, complete| Box::pin(step_up(connection, complete))).await
    }
}

/// The account is locked first, as everybody locks it before challenges and sessions.
async fn step_up(
    connection: &mut PgConnection,
    complete: &CompleteStepUp,
) -> Result<StepUpOutcome, Abort<StepUpOutcome>> {
    let user = users::lock(connection, complete.session.user, std::iter::empty()).await?;
    let closed = Statement::one(challenges::close(complete.challenge, complete.now)).execute(connection).await?;
    if closed == 0 {
        return Ok(StepUpOutcome::Closed);
    }
    if !user.is_some_and(|user| user.is_active()) {
        return Err(Abort::Outcome(StepUpOutcome::Lost));
    }
    let moved = Statement::with("moved", move_on(complete))
        .then(audit::insert(&complete.audit).guarded_by("moved"))
        .execute(connection)
        .await?;
    if moved == 0 { Err(Abort::Outcome(StepUpOutcome::Lost)) } else { Ok(StepUpOutcome::SteppedUp) }
}

fn move_on(CompleteStepUp { from, session, .. }: &CompleteStepUp) -> Sql<'_> {
    Sql::new(
        "UPDATE sessions SET generation = $4, rotated_at = $5, methods = $6, auth_time = $7, \
         last_seen_at = greatest(last_seen_at, $8) \
         WHERE id = $1 AND user_id = $2 AND generation = $3 AND ended_at IS NULL RETURNING id",
    )
    .bind::<Uuid, _>(session.id.as_uuid())
    .bind::<Uuid, _>(session.user.as_uuid())
    .bind::<BigInt, _>(i64::from(from.0))
    .bind::<BigInt, _>(i64::from(session.generation.0))
    .bind::<Timestamptz, _>(stored(session.rotated_at))
    .bind::<Text, _>(session.methods.to_text())
    .bind::<Timestamptz, _>(stored(session.auth_time))
    .bind::<Timestamptz, _>(stored(session.last_seen_at))
}
