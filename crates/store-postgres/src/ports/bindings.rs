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
    steps::{
        challenges::close_challenge,
        changes::insert_change,
        held_numbers::{hold_number, purge_held},
        messages::insert_notices,
        number::prove_number,
        objections::end_by_objection,
        sessions::{end_all_sessions, has_ended, open_session},
        users::{Given, lock_active, lock_user, lock_users},
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
        self.transaction(&off, |connection, off| Box::pin(call_off(connection, off))).await
    }

    async fn forget(&self, held: ChangeId) -> Result<(), StoreError> {
        self.once(&held, |connection, held| Box::pin(async { purge_held(connection, *held).await.map(drop) })).await
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
    let user = lock_active(connection, open.session.user).await?;
    let is_closed = close_challenge(connection, open.challenge, open.now).await?;
    let Some(user) = user.filter(|_| is_closed) else { return Ok(OpenBindingOutcome::Closed) };
    open_session(connection, &open.session, &open.cap, open.now).await?;
    insert_notices(connection, &open.notices, &open.audit).await?;
    Ok(OpenBindingOutcome::Opened(user))
}

async fn keep(connection: &mut PgConnection, hold: &HoldNumber) -> Result<HoldOutcome, Abort<HoldOutcome>> {
    let user = lock_active(connection, hold.held.user).await?;
    let is_closed = close_challenge(connection, hold.challenge, hold.now).await?;
    let has_ended = has_ended(connection, hold.session).await?;
    let Some(user) = user.filter(|_| is_closed && !has_ended) else { return Ok(HoldOutcome::Closed) };
    hold_number(connection, &hold.held).await?;
    insert_notices(connection, &hold.notices, &hold.audit).await?;
    Ok(HoldOutcome::Held(user))
}

async fn take_effect(
    connection: &mut PgConnection,
    effect: &TakeEffect,
) -> Result<EffectOutcome, Abort<EffectOutcome>> {
    let TakeEffect { held, proof, change, now } = effect;
    let user = lock_users(connection, held.user, proof.drops.iter().map(|drop| drop.user)).await?;
    if !user.is_some_and(|user| user.is_active()) || !purge_held(connection, held.id).await? {
        return Ok(EffectOutcome::Gone);
    }
    end_all_sessions(connection, held.user, *now).await?;
    let Given::Given(changed) = prove_number(connection, held.user, proof, *now).await? else {
        return Err(Abort::Outcome(EffectOutcome::Taken));
    };
    insert_change(connection, change).await?;
    Ok(EffectOutcome::Changed(changed))
}

async fn call_off(connection: &mut PgConnection, off: &CallOff) -> Result<bool, Abort<bool>> {
    lock_user(connection, off.user).await?;
    let was_held = purge_held(connection, off.held).await?;
    if was_held {
        end_by_objection(connection, off).await?;
    }
    Ok(was_held)
}
