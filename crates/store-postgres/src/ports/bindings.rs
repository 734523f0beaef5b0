use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_app::binding::{
    Bindings, CallOff, EffectOutcome, HeldNumber, HoldNumber, HoldOutcome, OpenBinding, OpenBindingOutcome, TakeEffect,
};
use doorward_kernel::{ChangeId, StoreError, Timestamp};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{HeldNumberRow, decode, stored},
    schema::held_numbers,
    sql::Statement,
    steps::{
        self, audit, challenges, changes, messages,
        numbers::{Proved, prove},
        objections, sessions, users,
    },
    store::Abort,
};

#[async_trait]
impl Bindings for PgStore {
    async fn open(&self, open: OpenBinding) -> Result<OpenBindingOutcome, StoreError> {
        self.transaction(&open, |connection, open| Box::pin(enter(connection, open))).await
    }

    async fn hold(&self, hold: HoldNumber) -> Result<HoldOutcome, StoreError> {
        self.transaction(&hold, |connection, hold| Box::pin(keep(connection, hold))).await
    }

    async fn find(&self, held: ChangeId) -> Result<Option<HeldNumber>, StoreError> {
        self.repeatable(&held, |connection, held| {
            Box::pin(async {
                let row = held_numbers::table.find(held.as_uuid()).select(HeldNumberRow::as_select());
                row.first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<HeldNumber>, StoreError> {
        self.repeatable(&(now, limit), |connection, (now, limit)| Box::pin(due(connection, *now, *limit))).await
    }

    async fn take_effect(&self, effect: TakeEffect) -> Result<EffectOutcome, StoreError> {
        self.transaction(&effect, |connection, effect| Box::pin(take_effect(connection, effect))).await
    }

    async fn call_off(&self, off: CallOff) -> Result<bool, StoreError> {
        self.transaction(&off, |connection, off| {
            Box::pin(objections::call_off(connection, off, steps::held_numbers::forget(off.held)))
        })
        .await
    }

    async fn forget(&self, held: ChangeId) -> Result<(), StoreError> {
        self.once(&held, |connection, held| {
            Box::pin(async {
                Statement::one(steps::held_numbers::forget(*held)).execute(connection).await?;
                Ok(())
            })
        })
        .await
    }
}

async fn due(connection: &mut PgConnection, now: Timestamp, limit: u32) -> QueryResult<Vec<HeldNumber>> {
    let rows: Vec<HeldNumberRow> = held_numbers::table
        .filter(held_numbers::due_at.le(stored(now)))
        .order((held_numbers::due_at, held_numbers::id))
        .limit(limit.into())
        .select(HeldNumberRow::as_select())
        .load(connection)
        .await?;
    rows.into_iter().map(decode).collect()
}

async fn enter(
    connection: &mut PgConnection,
    open: &OpenBinding,
) -> Result<OpenBindingOutcome, Abort<OpenBindingOutcome>> {
    let user = users::lock(connection, open.session.user, std::iter::empty()).await?;
    let closed = Statement::one(challenges::close(open.challenge, open.now)).execute(connection).await?;
    let Some(user) = user.filter(|user| closed > 0 && user.is_active()) else {
        return Ok(OpenBindingOutcome::Closed);
    };
    let mut parts = vec![sessions::insert(&open.session)];
    parts.extend(open.notices.iter().map(messages::insert));
    parts.push(audit::insert(&open.audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    sessions::make_room(&open.session, &open.room, open.now).execute(connection).await?;
    Ok(OpenBindingOutcome::Opened(user))
}

async fn keep(connection: &mut PgConnection, hold: &HoldNumber) -> Result<HoldOutcome, Abort<HoldOutcome>> {
    let user = users::lock(connection, hold.held.user, std::iter::empty()).await?;
    let closed = Statement::one(challenges::close(hold.challenge, hold.now)).execute(connection).await?;
    let has_ended = sessions::has_ended(connection, hold.session).await?;
    let Some(user) = user.filter(|user| closed > 0 && !has_ended && user.is_active()) else {
        return Ok(HoldOutcome::Closed);
    };
    let mut parts = vec![steps::held_numbers::hold(&hold.held)];
    parts.extend(hold.notices.iter().map(messages::insert));
    parts.push(audit::insert(&hold.audit));
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(HoldOutcome::Held(user))
}

async fn take_effect(
    connection: &mut PgConnection,
    effect: &TakeEffect,
) -> Result<EffectOutcome, Abort<EffectOutcome>> {
    let TakeEffect { held, proof, change, now } = effect;
    let user = users::lock(connection, held.user, proof.drops.iter().map(|drop| drop.user)).await?;
    if !user.is_some_and(|user| user.is_active()) {
        return Ok(EffectOutcome::Gone);
    }
    if Statement::one(steps::held_numbers::forget(held.id)).execute(connection).await? == 0 {
        return Ok(EffectOutcome::Gone);
    }
    Statement::one(users::forget_devices(held.user)).execute(connection).await?;
    let Proved { user, mut parts } = prove(connection, held.user, proof, *now, EffectOutcome::Taken).await?;
    parts.extend([changes::insert(change), sessions::end_all(held.user, None, *now)]);
    if let Some(statement) = Statement::all(parts) {
        statement.execute(connection).await?;
    }
    Ok(EffectOutcome::Changed(user))
}
