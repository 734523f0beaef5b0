use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, delete, insert_into};
use diesel_async::RunQueryDsl;
use doorward_app::totp::{
    ApplyAuthenticator, BeginOutcome, BeginPending, ChangeOutcome, PendingAuthenticator, PendingAuthenticators,
    ScheduleAuthenticator,
};
use doorward_kernel::{StoreError, Timestamp, UserId};

use crate::{
    PgStore,
    columns::{stored, stored_step},
    connection::PgConnection,
    rows::PendingAuthenticatorRow,
    schema::{pending_authenticators, totp_authenticators},
    steps::{
        audit::insert_audit,
        authenticators::{lock_authenticator, lock_named, note_totp, purge_digests},
        messages::insert_notices,
        pending_authenticators::{
            keep_pending_authenticator, lock_pending_authenticator, lock_pending_authenticator_of,
            purge_pending_authenticator,
        },
        purge::purge,
        sessions::{end_all_sessions, has_ended},
        users::lock_active,
    },
    store::Step,
};

#[async_trait]
impl PendingAuthenticators for PgStore {
    async fn begin(&self, begin: BeginPending) -> Result<BeginOutcome, StoreError> {
        self.write(async |connection| keep_waiting(connection, &begin).await).await
    }

    async fn find_of(&self, user: UserId) -> Result<Option<PendingAuthenticator>, StoreError> {
        self.read(async |connection| {
            let of_user = pending_authenticators::table.filter(pending_authenticators::user_id.eq(user.as_uuid()));
            of_user
                .select(PendingAuthenticatorRow::as_select())
                .first(connection)
                .await
                .optional()?
                .map(PendingAuthenticatorRow::decode)
                .transpose()
        })
        .await
    }

    async fn schedule(&self, hold: ScheduleAuthenticator) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| keep(connection, &hold).await).await
    }

    async fn schedule_setup(&self, hold: ScheduleAuthenticator) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| keep_setup(connection, &hold).await).await
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingAuthenticator>, StoreError> {
        self.read(async |connection| due(connection, now, limit).await).await
    }

    async fn apply_pending(&self, take: ApplyAuthenticator) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| apply_pending(connection, &take).await).await
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups =
            purge!("pending_authenticators", by "id", where "due_at IS NULL AND begun_at < $before", oldest "begun_at");
        self.sweep(setups, begun_before, limit).await
    }
}

async fn due(connection: &mut PgConnection, now: Timestamp, limit: u32) -> QueryResult<Vec<PendingAuthenticator>> {
    let rows: Vec<PendingAuthenticatorRow> = pending_authenticators::table
        .filter(pending_authenticators::due_at.le(stored(now)))
        .order((pending_authenticators::due_at, pending_authenticators::id))
        .limit(limit.into())
        .select(PendingAuthenticatorRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(PendingAuthenticatorRow::decode).collect()
}

async fn keep_waiting(connection: &mut PgConnection, begin: &BeginPending) -> Step<BeginOutcome> {
    let user = lock_active(connection, begin.pending.user).await?;
    if has_ended(connection, Some(begin.session)).await? {
        return Ok(BeginOutcome::SessionEnded);
    }
    if user.is_none() {
        return Ok(BeginOutcome::Refused);
    }
    keep_pending_authenticator(connection, &begin.pending).await?;
    insert_audit(connection, &begin.audit).await?;
    Ok(BeginOutcome::Begun)
}

async fn keep(connection: &mut PgConnection, hold: &ScheduleAuthenticator) -> Step<ChangeOutcome> {
    let user = lock_active(connection, hold.pending.user).await?;
    if has_ended(connection, Some(hold.session)).await? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let waiting = lock_pending_authenticator(connection, hold.pending.id).await?.filter(|found| found.due.is_none());
    let (Some(waiting), Some(user)) = (waiting, user) else { return Ok(ChangeOutcome::Conflict) };
    keep_pending_authenticator(connection, &PendingAuthenticator { due: hold.pending.due, ..waiting }).await?;
    insert_notices(connection, &hold.notices, &hold.audit).await?;
    Ok(ChangeOutcome::Changed(user))
}

async fn keep_setup(connection: &mut PgConnection, hold: &ScheduleAuthenticator) -> Step<ChangeOutcome> {
    let app = &hold.pending;
    let user = lock_active(connection, app.user).await?;
    if has_ended(connection, Some(hold.session)).await? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let setup = lock_named(connection, app.user, &app.seed).await?.filter(|found| !found.is_active());
    let is_occupied =
        lock_pending_authenticator_of(connection, app.user).await?.is_some_and(|other| other.replaces.is_some());
    let (Some(_), Some(user), false) = (setup, user, is_occupied) else { return Ok(ChangeOutcome::Conflict) };
    delete(totp_authenticators::table.find(app.user.as_uuid())).execute(connection).await?;
    keep_pending_authenticator(connection, app).await?;
    insert_notices(connection, &hold.notices, &hold.audit).await?;
    Ok(ChangeOutcome::Changed(user))
}

/// Whoever cancels it locks the account first, so what is pending under the lock stays.
async fn apply_pending(connection: &mut PgConnection, take: &ApplyAuthenticator) -> Step<ChangeOutcome> {
    let user = take.pending.user;
    if lock_active(connection, user).await?.is_none() {
        return Ok(ChangeOutcome::Conflict);
    }
    // Both seeds, in the order in which they are moved from key to key.
    lock_authenticator(connection, user).await?;
    let found =
        lock_pending_authenticator(connection, take.pending.id).await?.and_then(|found| Some((found.due?, found.seed)));
    let Some((due, seed)) = found else { return Ok(ChangeOutcome::Conflict) };
    let values = (
        totp_authenticators::user_id.eq(user.as_uuid()),
        totp_authenticators::seed.eq(&seed.bytes),
        totp_authenticators::epoch.eq(seed.epoch.0),
        totp_authenticators::created_at.eq(stored(take.pending.begun_at)),
        totp_authenticators::confirmed_at.eq(stored(take.now)),
        totp_authenticators::last_step.eq(stored_step(due.step)),
        totp_authenticators::change_id.eq(take.pending.id.as_uuid()),
    );
    let insert = insert_into(totp_authenticators::table).values(values).on_conflict(totp_authenticators::user_id);
    insert.do_update().set(values).execute(connection).await?;
    purge_pending_authenticator(connection, user).await?;
    purge_digests(connection, user).await?;
    // What is added takes nothing from the sessions that are there.
    if take.pending.replaces.is_some() {
        end_all_sessions(connection, user, take.now).await?;
    }
    insert_notices(connection, [&take.notice], &take.audit).await?;
    Ok(ChangeOutcome::Changed(note_totp(connection, user, Some(take.now), take.now).await?))
}
