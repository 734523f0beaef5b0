use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_app::{
    binding::{BeginHeld, CallOff, HeldApp, HeldApps, HoldApp, TakeApp},
    totp::{BeginOutcome, ChangeOutcome},
};
use doorward_kernel::{ChangeId, StoreError, Timestamp, UserId};
use doorward_user::User;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{HeldAppRow, UserRow, decode, stored},
    schema::held_authenticators,
    sql::{Sql, Statement},
    steps::{audit, authenticators, held_apps as steps, messages, objections, sessions, sweep::forget, users},
    store::Abort,
};

#[async_trait]
impl HeldApps for PgStore {
    async fn begin(&self, begin: BeginHeld) -> Result<BeginOutcome, StoreError> {
        self.transaction(&begin, |connection, begin| Box::pin(keep_waiting(connection, begin))).await
    }

    async fn find_of(&self, user: UserId) -> Result<Option<HeldApp>, StoreError> {
        self.repeatable(&user, |connection, user| {
            Box::pin(async {
                let of_user = held_authenticators::table.filter(held_authenticators::user_id.eq(user.as_uuid()));
                of_user.select(HeldAppRow::as_select()).first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn hold(&self, hold: HoldApp) -> Result<ChangeOutcome, StoreError> {
        self.transaction(&hold, |connection, hold| Box::pin(keep(connection, hold))).await
    }

    async fn hold_setup(&self, hold: HoldApp) -> Result<ChangeOutcome, StoreError> {
        self.transaction(&hold, |connection, hold| Box::pin(keep_setup(connection, hold))).await
    }

    async fn find(&self, id: ChangeId) -> Result<Option<HeldApp>, StoreError> {
        self.repeatable(&id, |connection, id| {
            Box::pin(async {
                let row = held_authenticators::table.find(id.as_uuid()).select(HeldAppRow::as_select());
                row.first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<HeldApp>, StoreError> {
        self.repeatable(&(now, limit), |connection, (now, limit)| Box::pin(due(connection, *now, *limit))).await
    }

    async fn take_effect(&self, take: TakeApp) -> Result<ChangeOutcome, StoreError> {
        self.transaction(&take, |connection, take| Box::pin(take_effect(connection, take))).await
    }

    async fn call_off(&self, off: CallOff) -> Result<bool, StoreError> {
        self.transaction(&off, |connection, off| {
            Box::pin(objections::call_off(connection, off, steps::forget(off.held)))
        })
        .await
    }

    async fn forget_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups =
            forget!("held_authenticators", by "id", where "due_at IS NULL AND begun_at < $1", oldest "begun_at");
        self.sweep(setups, begun_before, limit).await
    }
}

async fn due(connection: &mut PgConnection, now: Timestamp, limit: u32) -> QueryResult<Vec<HeldApp>> {
    let rows: Vec<HeldAppRow> = held_authenticators::table
        .filter(held_authenticators::due_at.le(stored(now)))
        .order((held_authenticators::due_at, held_authenticators::id))
        .limit(limit.into())
        .select(HeldAppRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(decode).collect()
}

async fn keep_waiting(connection: &mut PgConnection, begin: &BeginHeld) -> Result<BeginOutcome, Abort<BeginOutcome>> {
    let user = users::lock(connection, begin.held.user, std::iter::empty()).await?;
    let has_ended = sessions::has_ended(connection, Some(begin.session)).await?;
    if has_ended {
        return Ok(BeginOutcome::SessionEnded);
    }
    if !user.is_some_and(|user| user.is_active()) {
        return Ok(BeginOutcome::Refused);
    }
    if let Some(statement) = Statement::all(vec![steps::keep_waiting(&begin.held), audit::insert(&begin.audit)]) {
        statement.execute(connection).await?;
    }
    Ok(BeginOutcome::Begun)
}

async fn keep(connection: &mut PgConnection, hold: &HoldApp) -> Result<ChangeOutcome, Abort<ChangeOutcome>> {
    let user = users::lock(connection, hold.held.user, std::iter::empty()).await?;
    let has_ended = sessions::has_ended(connection, Some(hold.session)).await?;
    if has_ended {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let Some(user) = user.filter(User::is_active) else { return Ok(ChangeOutcome::Lost) };
    if Statement::one(steps::hold(&hold.held)).execute(connection).await? == 0 {
        return Ok(ChangeOutcome::Lost);
    }
    let told = hold.notices.iter().map(messages::insert);
    if let Some(statement) = Statement::all(told.chain([audit::insert(&hold.audit)]).collect()) {
        statement.execute(connection).await?;
    }
    Ok(ChangeOutcome::Changed(user))
}

async fn keep_setup(connection: &mut PgConnection, hold: &HoldApp) -> Result<ChangeOutcome, Abort<ChangeOutcome>> {
    let user = users::lock(connection, hold.held.user, std::iter::empty()).await?;
    let has_ended = sessions::has_ended(connection, Some(hold.session)).await?;
    if has_ended {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let Some(user) = user.filter(User::is_active) else { return Ok(ChangeOutcome::Lost) };
    let taken = Statement::with("setup", authenticators::take_setup(hold.held.user, &hold.held.seed));
    if taken.then(steps::hold_setup(&hold.held)).execute(connection).await? == 0 {
        return Err(Abort::Outcome(ChangeOutcome::Lost));
    }
    let told = hold.notices.iter().map(messages::insert);
    if let Some(statement) = Statement::all(told.chain([audit::insert(&hold.audit)]).collect()) {
        statement.execute(connection).await?;
    }
    Ok(ChangeOutcome::Changed(user))
}

/// Whoever calls it off locks the account first, so what is held under the lock stays.
async fn take_effect(connection: &mut PgConnection, take: &TakeApp) -> Result<ChangeOutcome, Abort<ChangeOutcome>> {
    let (user, now) = (take.held.user, take.now);
    if !users::lock(connection, user, std::iter::empty()).await?.is_some_and(|user| user.is_active()) {
        return Ok(ChangeOutcome::Lost);
    }
    for lock in steps::lock_seeds(user) {
        Statement::one(lock).execute(connection).await?;
    }
    if Statement::one(steps::take_effect(take)).execute(connection).await? == 0 {
        return Ok(ChangeOutcome::Lost);
    }
    let mut parts = vec![authenticators::forget_digests(user), steps::forget(take.held.id)];
    // What is added takes nothing from the sessions that are there.
    if take.held.replaces.is_some() {
        // Apart from the statement that changes the account once more.
        Statement::one(users::forget_devices(user)).execute(connection).await?;
        parts.push(sessions::end_all(user, None, now));
    }
    parts.extend([messages::insert(&take.notice), audit::insert(&take.audit)]);
    let statement = Statement::with("account", authenticators::note(user, Some(now), now))
        .and(parts)
        .then(Sql::new("SELECT * FROM account"));
    let row: UserRow = statement.get_result(connection).await?;
    Ok(ChangeOutcome::Changed(decode(row)?))
}
