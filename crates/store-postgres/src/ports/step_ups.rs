use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, update};
use diesel_async::RunQueryDsl;
use doorward_app::step_up::{CompleteStepUp, StepUpOutcome, StepUps};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    columns::later,
    connection::PgConnection,
    rows::stored,
    schema::sessions,
    steps::{audit::insert_audit, challenges::close_challenge, users::lock_active},
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
    let user = lock_active(connection, complete.session.user).await?;
    if !close_challenge(connection, complete.challenge, complete.now).await? {
        return Ok(StepUpOutcome::Closed);
    }
    if user.is_none() || move_on(connection, complete).await? == 0 {
        return Err(Abort::Outcome(StepUpOutcome::Conflict));
    }
    insert_audit(connection, &complete.audit).await?;
    Ok(StepUpOutcome::SteppedUp)
}

async fn move_on(
    connection: &mut PgConnection,
    CompleteStepUp { from, session, .. }: &CompleteStepUp,
) -> QueryResult<usize> {
    let seen = sessions::table
        .find(session.id.as_uuid())
        .filter(sessions::user_id.eq(session.user.as_uuid()))
        .filter(sessions::generation.eq(i64::from(from.0)))
        .filter(sessions::ended_at.is_null());
    let values = (
        sessions::generation.eq(i64::from(session.generation.0)),
        sessions::rotated_at.eq(stored(session.rotated_at)),
        sessions::methods.eq(session.methods.to_text()),
        sessions::auth_time.eq(stored(session.auth_time)),
        sessions::last_seen_at.eq(later(sessions::last_seen_at, stored(session.last_seen_at))),
    );
    update(seen).set(values).execute(connection).await
}
