use async_trait::async_trait;
use diesel::{QueryResult, SqliteConnection};
use doorward_app::binding::{
    Bindings, CallOff, EffectOutcome, HeldNumber, HoldNumber, HoldOutcome, OpenBinding, OpenBindingOutcome, TakeEffect,
};
use doorward_kernel::{ChangeId, StoreError, Timestamp};

use crate::{
    SqliteStore,
    steps::{
        audit::insert_audit,
        challenges::close_challenge,
        changes::insert_change,
        held_numbers::{find_due, find_held, hold_number, purge_held},
        messages::insert_messages,
        number::prove_number,
        objections::end_by_objection,
        sessions::{end_all_sessions, has_ended, open_session},
        users::{Given, find_active},
    },
    writer::{Halt, Step},
};

#[async_trait]
impl Bindings for SqliteStore {
    async fn open(&self, open: OpenBinding) -> Result<OpenBindingOutcome, StoreError> {
        self.write(move |connection| Ok(enter(connection, &open)?)).await
    }

    async fn hold(&self, hold: HoldNumber) -> Result<HoldOutcome, StoreError> {
        self.write(move |connection| Ok(keep(connection, &hold)?)).await
    }

    async fn find(&self, held: ChangeId) -> Result<Option<HeldNumber>, StoreError> {
        self.read(|connection| find_held(connection, held))
    }

    async fn find_due(&self, now: Timestamp, limit: u32) -> Result<Vec<HeldNumber>, StoreError> {
        self.read(|connection| find_due(connection, now, limit))
    }

    async fn take_effect(&self, effect: TakeEffect) -> Result<EffectOutcome, StoreError> {
        self.write(move |connection| take_effect(connection, &effect)).await
    }

    async fn call_off(&self, off: CallOff) -> Result<bool, StoreError> {
        self.write(move |connection| Ok(call_off(connection, &off)?)).await
    }

    async fn forget(&self, held: ChangeId) -> Result<(), StoreError> {
        self.write(move |connection| Ok(purge_held(connection, held).map(drop)?)).await
    }
}

fn enter(connection: &mut SqliteConnection, open: &OpenBinding) -> QueryResult<OpenBindingOutcome> {
    if !close_challenge(connection, open.challenge, open.now)? {
        return Ok(OpenBindingOutcome::Closed);
    }
    let Some(user) = find_active(connection, open.session.user)? else { return Ok(OpenBindingOutcome::Closed) };
    open_session(connection, &open.session, &open.cap, open.now)?;
    insert_messages(connection, &open.notices)?;
    insert_audit(connection, &open.audit)?;
    Ok(OpenBindingOutcome::Opened(user))
}

fn keep(connection: &mut SqliteConnection, hold: &HoldNumber) -> QueryResult<HoldOutcome> {
    let has_ended = hold.session.map(|session| has_ended(connection, session)).transpose()?;
    if !close_challenge(connection, hold.challenge, hold.now)? || has_ended.unwrap_or(false) {
        return Ok(HoldOutcome::Closed);
    }
    let Some(user) = find_active(connection, hold.held.user)? else { return Ok(HoldOutcome::Closed) };
    hold_number(connection, &hold.held)?;
    insert_messages(connection, &hold.notices)?;
    insert_audit(connection, &hold.audit)?;
    Ok(HoldOutcome::Held(user))
}

fn take_effect(connection: &mut SqliteConnection, effect: &TakeEffect) -> Step<EffectOutcome> {
    let user = effect.held.user;
    // The write lock is held: what is found here stays.
    if find_active(connection, user)?.is_none() || !purge_held(connection, effect.held.id)? {
        return Ok(EffectOutcome::Gone);
    }
    end_all_sessions(connection, user, effect.now)?;
    let Given::Given(changed) = prove_number(connection, user, &effect.proof, effect.now)? else {
        return Err(Halt::conflict(EffectOutcome::Taken));
    };
    insert_change(connection, &effect.change)?;
    Ok(EffectOutcome::Changed(changed))
}

fn call_off(connection: &mut SqliteConnection, off: &CallOff) -> QueryResult<bool> {
    if !purge_held(connection, off.held)? {
        return Ok(false);
    }
    end_by_objection(connection, off)?;
    Ok(true)
}
