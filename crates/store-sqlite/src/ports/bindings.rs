use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::{
    binding::{
        ApplyNumber, ApplyOutcome, Bindings, OpenBinding, OpenBindingOutcome, PendingNumber, ScheduleNumber,
        ScheduleOutcome,
    },
    sessions::SessionCounts,
};
use doorward_kernel::{ChangeId, StoreError, Timestamp};

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        challenges::close_challenge,
        changes::insert_change,
        messages::insert_messages,
        pending_numbers::{find_due, purge_pending, schedule_number},
        phone_ownership::verify_number,
        sessions::{end_all_sessions, has_ended, open_session},
        users::{UniqueOutcome, find_active},
    },
    writer::{Halt, StepResult},
};

#[async_trait]
impl Bindings for SqliteStore {
    async fn open(&self, open: OpenBinding) -> Result<OpenBindingOutcome, StoreError> {
        let counts = self.session_counts();
        self.write(move |connection| Ok(enter(connection, &counts, &open)?)).await
    }

    async fn schedule(&self, hold: ScheduleNumber) -> Result<ScheduleOutcome, StoreError> {
        self.write(move |connection| Ok(keep(connection, &hold)?)).await
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingNumber>, StoreError> {
        self.read(|connection| find_due(connection, now, limit))
    }

    async fn apply_pending(&self, effect: ApplyNumber) -> Result<ApplyOutcome, StoreError> {
        self.write(move |connection| apply_pending(connection, &effect)).await
    }

    async fn forget(&self, pending: ChangeId) -> Result<(), StoreError> {
        self.write(move |connection| Ok(purge_pending(connection, pending).map(drop)?)).await
    }
}

fn enter(
    connection: &mut SqliteConnection,
    counts: &SessionCounts,
    open: &OpenBinding,
) -> QueryResult<OpenBindingOutcome> {
    if !close_challenge(connection, open.challenge, open.now)? {
        return Ok(OpenBindingOutcome::Closed);
    }
    let Some(user) = find_active(connection, open.session.user)? else { return Ok(OpenBindingOutcome::Closed) };
    open_session(connection, counts, &open.session, &open.cap, open.now)?;
    insert_messages(connection, &open.notices)?;
    insert_audit(connection, &open.audit)?;
    Ok(OpenBindingOutcome::Opened(user))
}

fn keep(connection: &mut SqliteConnection, hold: &ScheduleNumber) -> QueryResult<ScheduleOutcome> {
    let has_ended = hold.session.map(|session| has_ended(connection, session)).transpose()?;
    if !close_challenge(connection, hold.challenge, hold.now)? || has_ended.unwrap_or(false) {
        return Ok(ScheduleOutcome::Closed);
    }
    let Some(user) = find_active(connection, hold.pending.user)? else { return Ok(ScheduleOutcome::Closed) };
    schedule_number(connection, &hold.pending)?;
    insert_messages(connection, &hold.notices)?;
    insert_audit(connection, &hold.audit)?;
    Ok(ScheduleOutcome::Scheduled(user))
}

fn apply_pending(connection: &mut SqliteConnection, effect: &ApplyNumber) -> StepResult<ApplyOutcome> {
    let user = effect.pending.user;
    // The write lock is held: what is found here stays.
    if find_active(connection, user)?.is_none() || !purge_pending(connection, effect.pending.id)? {
        return Ok(ApplyOutcome::Gone);
    }
    end_all_sessions(connection, user, effect.now)?;
    let UniqueOutcome::Given(changed) = verify_number(connection, user, &effect.number_verification, effect.now)?
    else {
        return Err(Halt::conflict(ApplyOutcome::Taken));
    };
    insert_change(connection, &effect.change)?;
    Ok(ApplyOutcome::Changed(changed))
}
