use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, replace_into, update};
use doorward_app::{
    SpentCode,
    factors::kept_pending,
    totp::{
        Authenticator, Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, RemoveTotp,
        ReplaceRecovery, SpendOutcome,
    },
};
use doorward_kernel::{StoreError, Timestamp, UserId};

use crate::{
    SqliteStore,
    columns::{Id, stored_step},
    rows::AuthenticatorRow,
    schema::totp_authenticators,
    steps::{
        audit::insert_audit,
        authenticators::{drop_authenticator, find_authenticator, named, note_totp, replace_digests, spend_code},
        challenges::cancel_pending,
        messages::insert_message,
        pending_authenticators::purge_pending_authenticator,
        purge::purge,
        sessions::{has_ended, methods_of},
        users::{find_active, has_verifier},
    },
    writer::{Halt, StepResult},
};

#[async_trait]
impl Authenticators for SqliteStore {
    async fn find(&self, user: UserId) -> Result<Option<Authenticator>, StoreError> {
        self.read(|connection| find_authenticator(connection, user))
    }

    async fn begin(&self, begin: BeginTotp) -> Result<BeginOutcome, StoreError> {
        self.write(move |connection| Ok(keep_waiting(connection, &begin)?)).await
    }

    async fn confirm(&self, confirm: ConfirmTotp) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| confirm_waiting(connection, &confirm)).await
    }

    async fn spend(&self, code: SpentCode) -> Result<SpendOutcome, StoreError> {
        self.write(move |connection| {
            let is_spent = spend_code(connection, Some(&code))?;
            Ok(if is_spent { SpendOutcome::Spent } else { SpendOutcome::Refused })
        })
        .await
    }

    async fn replace_recovery(&self, replace: ReplaceRecovery) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| Ok(make_anew(connection, &replace)?)).await
    }

    async fn remove(&self, remove: RemoveTotp) -> Result<ChangeOutcome, StoreError> {
        self.write(move |connection| forget(connection, &remove)).await
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups = purge!(
            "totp_authenticators",
            by "user_id",
            where "confirmed_at IS NULL AND created_at < ?1",
            oldest "created_at"
        );
        self.sweep(setups, begun_before, limit).await
    }
}

fn keep_waiting(connection: &mut SqliteConnection, begin: &BeginTotp) -> QueryResult<BeginOutcome> {
    if has_ended(connection, begin.session)? {
        return Ok(BeginOutcome::SessionEnded);
    }
    let has_one = find_authenticator(connection, begin.user)?.is_some_and(|found| found.is_active());
    if has_one || find_active(connection, begin.user)?.is_none() {
        return Ok(BeginOutcome::Refused);
    }
    replace_into(totp_authenticators::table).values(AuthenticatorRow::waiting(begin)).execute(connection)?;
    insert_audit(connection, &begin.audit)?;
    Ok(BeginOutcome::Begun)
}

fn confirm_waiting(connection: &mut SqliteConnection, confirm: &ConfirmTotp) -> StepResult<ChangeOutcome> {
    let methods = methods_of(connection, confirm.session)?;
    let Some(methods) = methods else { return Ok(ChangeOutcome::SessionEnded) };
    let waiting = named(connection, confirm.user, &confirm.seed)?;
    if waiting.is_none_or(|found| found.is_active()) {
        return Ok(ChangeOutcome::Conflict);
    }
    let values = (
        totp_authenticators::confirmed_at.eq(confirm.now.as_micros()),
        totp_authenticators::last_step.eq(stored_step(confirm.step)),
        totp_authenticators::change_id.eq(Id::from(confirm.change)),
    );
    update(totp_authenticators::table.find(Id::from(confirm.user))).set(values).execute(connection)?;
    replace_digests(connection, confirm.user, &confirm.digests, confirm.now)?;
    cancel_pending(connection, confirm.user, &kept_pending(&methods))?;
    // Any that was begun before: it would take the place of this one.
    purge_pending_authenticator(connection, confirm.user)?;
    insert_message(connection, &confirm.notice)?;
    insert_audit(connection, &confirm.audit)?;
    let user = note_totp(connection, confirm.user, Some(confirm.now), confirm.now)?;
    user.map(ChangeOutcome::Changed).ok_or(Halt::conflict(ChangeOutcome::Conflict))
}

fn make_anew(connection: &mut SqliteConnection, replace: &ReplaceRecovery) -> QueryResult<ChangeOutcome> {
    if has_ended(connection, replace.session)? {
        return Ok(ChangeOutcome::SessionEnded);
    }
    let found = named(connection, replace.user, &replace.seed)?.filter(Authenticator::is_active);
    let is_checked = has_verifier(connection, replace.user, &replace.checked)?;
    let (Some(user), Some(_), true) = (find_active(connection, replace.user)?, found, is_checked) else {
        return Ok(ChangeOutcome::Conflict);
    };
    replace_digests(connection, replace.user, &replace.digests, replace.now)?;
    insert_message(connection, &replace.notice)?;
    insert_audit(connection, &replace.audit)?;
    Ok(ChangeOutcome::Changed(user))
}

fn forget(connection: &mut SqliteConnection, remove: &RemoveTotp) -> StepResult<ChangeOutcome> {
    let methods = methods_of(connection, remove.session)?;
    let Some(methods) = methods else { return Ok(ChangeOutcome::SessionEnded) };
    let found = named(connection, remove.user, &remove.seed)?.filter(Authenticator::is_active);
    let is_checked = has_verifier(connection, remove.user, &remove.checked)?;
    if found.is_none() || !is_checked {
        return Ok(ChangeOutcome::Conflict);
    }
    drop_authenticator(connection, remove.user)?;
    cancel_pending(connection, remove.user, &kept_pending(&methods))?;
    insert_message(connection, &remove.notice)?;
    insert_audit(connection, &remove.audit)?;
    let user = note_totp(connection, remove.user, None, remove.now)?;
    user.map(ChangeOutcome::Changed).ok_or(Halt::conflict(ChangeOutcome::Conflict))
}
