use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, update};
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
        authenticators::{find_authenticator, note_totp, replace_digests},
        challenges::close_all,
        held_apps::{due_apps, find_held_app, forget_held_app, held_app_of, keep_held_app},
        messages::{insert_message, insert_messages},
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
}

fn keep_waiting(connection: &mut SqliteConnection, begin: &BeginHeld) -> QueryResult<BeginOutcome> {
    let user = begin.held.user;
    let has_one = find_authenticator(connection, user)?.is_some_and(|found| found.is_active());
    if !has_one || find_active(connection, user)?.is_none() || has_ended(connection, begin.session)? {
        return Ok(BeginOutcome::Refused);
    }
    keep_held_app(connection, &begin.held)?;
    insert_audit(connection, &begin.audit)?;
    Ok(BeginOutcome::Begun)
}

fn keep(connection: &mut SqliteConnection, hold: &HoldApp) -> QueryResult<ChangeOutcome> {
    let waiting = find_held_app(connection, hold.held.id)?.filter(|found| found.due.is_none());
    let Some(waiting) = waiting else { return Ok(ChangeOutcome::Lost) };
    if has_ended(connection, hold.session)? {
        return Ok(ChangeOutcome::Lost);
    }
    let Some(user) = find_active(connection, hold.held.user)? else { return Ok(ChangeOutcome::Lost) };
    keep_held_app(connection, &HeldApp { due: hold.held.due, ..waiting })?;
    insert_message(connection, &hold.notice)?;
    insert_audit(connection, &hold.audit)?;
    Ok(ChangeOutcome::Changed(user))
}

fn take_effect(connection: &mut SqliteConnection, take: &TakeApp) -> Step<ChangeOutcome> {
    let user = take.held.user;
    // The write lock is held: what is found here stays.
    let found = find_held_app(connection, take.held.id)?.and_then(|found| Some((found.due?, found.seed)));
    let Some((due, seed)) = found else { return Ok(ChangeOutcome::Lost) };
    let values = (
        totp_authenticators::seed.eq(seed.bytes),
        totp_authenticators::epoch.eq(seed.epoch.0),
        totp_authenticators::created_at.eq(take.held.begun_at.as_micros()),
        totp_authenticators::confirmed_at.eq(take.now.as_micros()),
        totp_authenticators::last_step.eq(stored_step(due.step)),
        totp_authenticators::wrong.eq(0),
        totp_authenticators::wrong_since.eq(None::<i64>),
    );
    let replaced = update(totp_authenticators::table.find(Id::from(user))).set(values).execute(connection)?;
    if replaced == 0 {
        return Ok(ChangeOutcome::Lost);
    }
    forget_held_app(connection, user)?;
    replace_digests(connection, user, &[])?;
    end_all_sessions(connection, user, take.now)?;
    insert_message(connection, &take.notice)?;
    insert_audit(connection, &take.audit)?;
    let changed = note_totp(connection, user, Some(take.now), take.now)?;
    changed.map(ChangeOutcome::Changed).ok_or(Halt::lost(ChangeOutcome::Lost))
}

fn call_off(connection: &mut SqliteConnection, off: &CallOff) -> QueryResult<bool> {
    if find_held_app(connection, off.held)?.is_none() {
        return Ok(false);
    }
    end_all_sessions(connection, off.user, off.now)?;
    close_all(connection, off.user, off.now)?;
    insert_messages(connection, &off.notices)?;
    insert_audit(connection, &off.audit)?;
    Ok(true)
}
