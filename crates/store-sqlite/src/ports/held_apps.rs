use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, replace_into};
use doorward_app::{
    binding::{BeginHeld, CallOff, HeldApp, HeldApps, HoldApp, TakeApp},
    totp::{BeginOutcome, ChangeOutcome},
};
use doorward_kernel::{ChangeId, StoreError, Timestamp, UserId};

use crate::{
    SqliteStore,
    columns::{Id, stored_step},
    schema::totp_authenticators,
    steps::{
        audit::insert_audit,
        authenticators::{named, note_totp, purge_digests},
        held_apps::{due_apps, find_held_app, held_app_of, keep_held_app, purge_held_app},
        messages::{insert_message, insert_messages},
        objections::end_by_objection,
        purge::purge,
        sessions::{end_all_sessions, has_ended},
        users::find_active,
    },
    writer::{Halt, Step},
};

#[async_trait]
impl HeldApps for SqliteStore {
    async fn begin(&self, begin: BeginHeld) -> Result<BeginOutcome, StoreError> {
        self.write(move |connection| Ok(keep_waiting(connection, &begin)?)).await
    }

    async fn find_of(&self, user: UserId) -> Result<Option<HeldApp>, StoreError> {
        self.read(|connection| held_app_of(connection, user))
    }

    async fn hold(&self, hold: HoldApp) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(keep(connection, &hold)?)).await
    }

    async fn hold_setup(&self, hold: HoldApp) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(keep_setup(connection, &hold)?)).await
    }

    async fn find(&self, id: ChangeId) -> Result<Option<HeldApp>, StoreError> {
        self.read(|connection| find_held_app(connection, id))
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<HeldApp>, StoreError> {
        self.read(|connection| due_apps(connection, now, limit))
    }

    async fn take_effect(&self, take: TakeApp) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| take_effect(connection, &take)).await
    }

    async fn call_off(&self, off: CallOff) -> Result<bool, StoreError> {
        self.write(move |connection| Ok(call_off(connection, &off)?)).await
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups =
            purge!("held_authenticators", by "id", where "due_at IS NULL AND begun_at < ?1", oldest "begun_at");
        self.sweep(setups, begun_before, limit).await
    }
}

fn keep_waiting(connection: &mut SqliteConnection, begin: &BeginHeld) -> QueryResult<BeginOutcome> {
    if has_ended(connection, begin.session)? {
        return Ok(BeginOutcome::SessionEnded);
    }
    if find_active(connection, begin.held.user)?.is_none() {
        return Ok(BeginOutcome::Refused);
    }
    keep_held_app(connection, &begin.held)?;
    insert_audit(connection, &begin.audit)?;
    Ok(BeginOutcome::Begun)
}

fn keep(connection: &mut SqliteConnection, hold: &HoldApp) -> QueryResult<ChangeOutcome> {
    if has_ended(connection, hold.session)? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let waiting = find_held_app(connection, hold.held.id)?.filter(|found| found.due.is_none());
    let Some(waiting) = waiting else { return Ok(ChangeOutcome::Conflict) };
    let Some(user) = find_active(connection, hold.held.user)? else { return Ok(ChangeOutcome::Conflict) };
    keep_held_app(connection, &HeldApp { due: hold.held.due, ..waiting })?;
    insert_messages(connection, &hold.notices)?;
    insert_audit(connection, &hold.audit)?;
    Ok(ChangeOutcome::Changed(user))
}

fn keep_setup(connection: &mut SqliteConnection, hold: &HoldApp) -> QueryResult<ChangeOutcome> {
    let app = &hold.held;
    if has_ended(connection, hold.session)? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let setup = named(connection, app.user, &app.seed)?.filter(|found| !found.is_active());
    let is_occupied = held_app_of(connection, app.user)?.is_some_and(|other| other.replaces.is_some());
    let user = find_active(connection, app.user)?;
    let (Some(_), Some(user), false) = (setup, user, is_occupied) else { return Ok(ChangeOutcome::Conflict) };
    delete(totp_authenticators::table.find(Id::from(app.user))).execute(connection)?;
    keep_held_app(connection, app)?;
    insert_messages(connection, &hold.notices)?;
    insert_audit(connection, &hold.audit)?;
    Ok(ChangeOutcome::Changed(user))
}

fn take_effect(connection: &mut SqliteConnection, take: &TakeApp) -> Step<ChangeOutcome> {
    let user = take.held.user;
    // The write lock is held: what is found here stays.
    let found = find_held_app(connection, take.held.id)?.and_then(|found| Some((found.due?, found.seed)));
    let Some((due, seed)) = found else { return Ok(ChangeOutcome::Conflict) };
    let values = (
        totp_authenticators::user_id.eq(Id::from(user)),
        totp_authenticators::seed.eq(seed.bytes),
        totp_authenticators::epoch.eq(seed.epoch.0),
        totp_authenticators::created_at.eq(take.held.begun_at.as_micros()),
        totp_authenticators::confirmed_at.eq(take.now.as_micros()),
        totp_authenticators::last_step.eq(stored_step(due.step)),
        totp_authenticators::change_id.eq(Id::from(take.held.id)),
    );
    replace_into(totp_authenticators::table).values(values).execute(connection)?;
    purge_held_app(connection, user)?;
    purge_digests(connection, user)?;
    // What is added takes nothing from the sessions that are there.
    if take.held.replaces.is_some() {
        end_all_sessions(connection, user, take.now)?;
    }
    insert_message(connection, &take.notice)?;
    insert_audit(connection, &take.audit)?;
    let changed = note_totp(connection, user, Some(take.now), take.now)?;
    changed.map(ChangeOutcome::Changed).ok_or(Halt::conflict(ChangeOutcome::Conflict))
}

fn call_off(connection: &mut SqliteConnection, off: &CallOff) -> QueryResult<bool> {
    if find_held_app(connection, off.held)?.is_none() {
        return Ok(false);
    }
    end_by_objection(connection, off)?;
    Ok(true)
}
