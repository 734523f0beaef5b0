use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, dsl::exists, update};
use doorward_app::step_up::{CompleteStepUp, StepUpOutcome, StepUps};
use doorward_kernel::StoreError;
use doorward_user::UserStatus;

use crate::{
    SqliteStore,
    columns::{Id, later},
    schema::{sessions, users},
    steps::{audit::insert_audit, challenges::close_challenge},
    writer::{Halt, Step},
};

#[async_trait]
impl StepUps for SqliteStore {
    async fn complete(&self, complete: CompleteStepUp) -> Result<StepUpOutcome, StoreError> {
        self.write(move |connection| step_up(connection, &complete)).await
    }
}

fn step_up(connection: &mut SqliteConnection, complete: &CompleteStepUp) -> Step<StepUpOutcome> {
    if !close_challenge(connection, complete.challenge, complete.now)? {
        return Ok(StepUpOutcome::Closed);
    }
    if move_on(connection, complete)? == 0 {
        return Err(Halt::conflict(StepUpOutcome::Conflict));
    }
    insert_audit(connection, &complete.audit)?;
    Ok(StepUpOutcome::SteppedUp)
}

fn move_on(
    connection: &mut SqliteConnection,
    CompleteStepUp { from, session, .. }: &CompleteStepUp,
) -> QueryResult<usize> {
    let owner =
        users::table.filter(users::id.eq(sessions::user_id)).filter(users::status.eq(UserStatus::Active.as_str()));
    let seen = sessions::table
        .filter(sessions::id.eq(Id::from(session.id)))
        .filter(sessions::user_id.eq(Id::from(session.user)))
        .filter(sessions::generation.eq(i64::from(from.0)))
        .filter(sessions::ended_at.is_null())
        .filter(exists(owner));
    let values = (
        sessions::generation.eq(i64::from(session.generation.0)),
        sessions::rotated_at.eq(session.rotated_at.as_micros()),
        sessions::methods.eq(session.methods.to_text()),
        sessions::auth_time.eq(session.auth_time.as_micros()),
        sessions::last_seen_at.eq(later(sessions::last_seen_at, session.last_seen_at.as_micros())),
    );
    update(seen).set(values).execute(connection)
}
