use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, replace_into};
use doorward_app::totp::{
    ApplyAuthenticator, BeginOutcome, BeginPending, ChangeOutcome, PendingAuthenticator, PendingAuthenticators,
    ScheduleAuthenticator,
};
use doorward_kernel::{StoreError, Timestamp, UserId};

use crate::{
    SqliteStore,
    columns::{Id, stored_step},
    schema::totp_authenticators,
    steps::{
        audit::insert_audit,
        authenticators::{named, note_totp, purge_digests},
        messages::{insert_message, insert_messages},
        pending_authenticators::{
            due_apps, find_pending_authenticator, keep_pending_authenticator, pending_authenticator_of,
            purge_pending_authenticator,
        },
        purge::purge,
        sessions::{end_all_sessions, has_ended},
        users::find_active,
    },
    writer::{Halt, StepResult},
};

#[async_trait]
impl PendingAuthenticators for SqliteStore {
    async fn begin(&self, begin: BeginPending) -> Result<BeginOutcome, StoreError> {
        self.write(move |connection| Ok(keep_waiting(connection, &begin)?)).await
    }

    async fn find_of(&self, user: UserId) -> Result<Option<PendingAuthenticator>, StoreError> {
        self.read(|connection| pending_authenticator_of(connection, user))
    }

    async fn schedule(&self, hold: ScheduleAuthenticator) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(keep(connection, &hold)?)).await
    }

    async fn schedule_setup(&self, hold: ScheduleAuthenticator) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(keep_setup(connection, &hold)?)).await
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingAuthenticator>, StoreError> {
        self.read(|connection| due_apps(connection, now, limit))
    }

    async fn apply_pending(&self, take: ApplyAuthenticator) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| apply_pending(connection, &take)).await
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups =
            purge!("pending_authenticators", by "id", where "due_at IS NULL AND begun_at < ?1", oldest "begun_at");
        self.sweep(setups, begun_before, limit).await
    }
}

fn keep_waiting(connection: &mut SqliteConnection, begin: &BeginPending) -> QueryResult<BeginOutcome> {
    if has_ended(connection, begin.session)? {
        return Ok(BeginOutcome::SessionEnded);
    }
    if find_active(connection, begin.pending.user)?.is_none() {
        return Ok(BeginOutcome::Refused);
    }
    keep_pending_authenticator(connection, &begin.pending)?;
    insert_audit(connection, &begin.audit)?;
    Ok(BeginOutcome::Begun)
}

fn keep(connection: &mut SqliteConnection, hold: &ScheduleAuthenticator) -> QueryResult<ChangeOutcome> {
    if has_ended(connection, hold.session)? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let waiting = find_pending_authenticator(connection, hold.pending.id)?.filter(|found| found.due.is_none());
    let Some(waiting) = waiting else { return Ok(ChangeOutcome::Conflict) };
    let Some(user) = find_active(connection, hold.pending.user)? else { return Ok(ChangeOutcome::Conflict) };
    keep_pending_authenticator(connection, &PendingAuthenticator { due: hold.pending.due, ..waiting })?;
    insert_messages(connection, &hold.notices)?;
    insert_audit(connection, &hold.audit)?;
    Ok(ChangeOutcome::Changed(user))
}

fn keep_setup(connection: &mut SqliteConnection, hold: &ScheduleAuthenticator) -> QueryResult<ChangeOutcome> {
    let app = &hold.pending;
    if has_ended(connection, hold.session)? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let setup = named(connection, app.user, &app.seed)?.filter(|found| !found.is_active());
    let is_occupied = pending_authenticator_of(connection, app.user)?.is_some_and(|other| other.replaces.is_some());
    let user = find_active(connection, app.user)?;
    let (Some(_), Some(user), false) = (setup, user, is_occupied) else { return Ok(ChangeOutcome::Conflict) };
    delete(totp_authenticators::table.find(Id::from(app.user))).execute(connection)?;
    keep_pending_authenticator(connection, app)?;
    insert_messages(connection, &hold.notices)?;
    insert_audit(connection, &hold.audit)?;
    Ok(ChangeOutcome::Changed(user))
}

fn apply_pending(connection: &mut SqliteConnection, take: &ApplyAuthenticator) -> StepResult<ChangeOutcome> {
    let user = take.pending.user;
    // The write lock is held: what is found here stays.
    let found =
        find_pending_authenticator(connection, take.pending.id)?.and_then(|found| Some((found.due?, found.seed)));
    let Some((due, seed)) = found else { return Ok(ChangeOutcome::Conflict) };
    let values = (
        totp_authenticators::user_id.eq(Id::from(user)),
        totp_authenticators::seed.eq(seed.bytes),
        totp_authenticators::epoch.eq(seed.epoch.0),
        totp_authenticators::created_at.eq(take.pending.begun_at.as_micros()),
        totp_authenticators::confirmed_at.eq(take.now.as_micros()),
        totp_authenticators::last_step.eq(stored_step(due.step)),
        totp_authenticators::change_id.eq(Id::from(take.pending.id)),
    );
    replace_into(totp_authenticators::table).values(values).execute(connection)?;
    purge_pending_authenticator(connection, user)?;
    purge_digests(connection, user)?;
    // What is added takes nothing from the sessions that are there.
    if take.pending.replaces.is_some() {
        end_all_sessions(connection, user, take.now)?;
    }
    insert_message(connection, &take.notice)?;
    insert_audit(connection, &take.audit)?;
    let changed = note_totp(connection, user, Some(take.now), take.now)?;
    changed.map(ChangeOutcome::Changed).ok_or(Halt::conflict(ChangeOutcome::Conflict))
}
