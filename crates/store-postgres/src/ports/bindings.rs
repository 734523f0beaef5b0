use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_app::binding::{
    ApplyNumber, ApplyOutcome, Bindings, OpenBinding, OpenBindingOutcome, PendingNumber, ScheduleNumber,
    ScheduleOutcome,
};
use doorward_kernel::{ChangeId, StoreError, Timestamp};

use crate::{
    PgStore,
    columns::stored,
    connection::PgConnection,
    rows::PendingNumberRow,
    schema::pending_numbers,
    steps::{
        challenges::close_challenge,
        changes::insert_change,
        messages::insert_notices,
        pending_numbers::{purge_pending, schedule_number},
        phone_ownership::verify_number,
        sessions::{end_all_sessions, has_ended, open_session},
        users::{UniqueOutcome, lock_active, lock_users},
    },
    store::{Halt, Step},
};

#[async_trait]
impl Bindings for PgStore {
    async fn open(&self, open: OpenBinding) -> Result<OpenBindingOutcome, StoreError> {
        self.write(async |connection| enter(connection, &open).await).await
    }

    async fn schedule(&self, hold: ScheduleNumber) -> Result<ScheduleOutcome, StoreError> {
        self.write(async |connection| keep(connection, &hold).await).await
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingNumber>, StoreError> {
        self.read(async |connection| due(connection, now, limit).await).await
    }

    async fn apply_pending(&self, effect: ApplyNumber) -> Result<ApplyOutcome, StoreError> {
        self.write(async |connection| apply_pending(connection, &effect).await).await
    }

    async fn forget(&self, pending: ChangeId) -> Result<(), StoreError> {
        self.write_one(async |connection| purge_pending(connection, pending).await.map(drop)).await
    }
}

async fn due(connection: &mut PgConnection, now: Timestamp, limit: u32) -> QueryResult<Vec<PendingNumber>> {
    let rows: Vec<PendingNumberRow> = pending_numbers::table
        .filter(pending_numbers::due_at.le(stored(now)))
        .order((pending_numbers::due_at, pending_numbers::id))
        .limit(limit.into())
        .select(PendingNumberRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(PendingNumberRow::decode).collect()
}

async fn enter(connection: &mut PgConnection, open: &OpenBinding) -> Step<OpenBindingOutcome> {
    let user = lock_active(connection, open.session.user).await?;
    let is_closed = close_challenge(connection, open.challenge, open.now).await?;
    let Some(user) = user.filter(|_| is_closed) else { return Ok(OpenBindingOutcome::Closed) };
    open_session(connection, &open.session, &open.cap, open.now).await?;
    insert_notices(connection, &open.notices, &open.audit).await?;
    Ok(OpenBindingOutcome::Opened(user))
}

async fn keep(connection: &mut PgConnection, hold: &ScheduleNumber) -> Step<ScheduleOutcome> {
    let user = lock_active(connection, hold.pending.user).await?;
    let is_closed = close_challenge(connection, hold.challenge, hold.now).await?;
    let has_ended = has_ended(connection, hold.session).await?;
    let Some(user) = user.filter(|_| is_closed && !has_ended) else { return Ok(ScheduleOutcome::Closed) };
    schedule_number(connection, &hold.pending).await?;
    insert_notices(connection, &hold.notices, &hold.audit).await?;
    Ok(ScheduleOutcome::Scheduled(user))
}

async fn apply_pending(connection: &mut PgConnection, effect: &ApplyNumber) -> Step<ApplyOutcome> {
    let ApplyNumber { pending, number_verification, change, now } = effect;
    let user = lock_users(connection, pending.user, number_verification.drops.iter().map(|drop| drop.user)).await?;
    if !user.is_some_and(|user| user.is_active()) || !purge_pending(connection, pending.id).await? {
        return Ok(ApplyOutcome::Gone);
    }
    end_all_sessions(connection, pending.user, *now).await?;
    let UniqueOutcome::Given(changed) = verify_number(connection, pending.user, number_verification, *now).await?
    else {
        return Err(Halt::conflict(ApplyOutcome::Taken));
    };
    insert_change(connection, change).await?;
    Ok(ApplyOutcome::Changed(changed))
}
