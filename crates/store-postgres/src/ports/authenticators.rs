use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, QueryResult, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_app::{
    factors::kept_pending,
    totp::{
        Authenticator, Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, ProvenStep, RemoveTotp,
        ReplaceRecovery, SpendOutcome, SpendRecovery, SpendStep,
    },
};
use doorward_kernel::{SessionId, StoreError, Timestamp, UserId};
use doorward_session::Methods;
use doorward_user::{PasswordVerifier, User};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{AuthenticatorRow, UserRow, decode},
    schema::totp_authenticators,
    sql::{Sql, Statement},
    steps::{
        audit, authenticators as steps, challenges, held_apps, held_numbers, messages, sessions, sweep::forget, users,
    },
    store::Abort,
};

#[async_trait]
impl Authenticators for PgStore {
    async fn find(&self, user: UserId) -> Result<Option<Authenticator>, StoreError> {
        self.repeatable(&user, |connection, user| {
            Box::pin(async {
                let found = totp_authenticators::table.find(user.as_uuid()).select(AuthenticatorRow::as_select());
                found.first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn begin(&self, begin: BeginTotp) -> Result<BeginOutcome, StoreError> {
        self.transaction(&begin, |connection, asked| Box::pin(keep_waiting(connection, asked))).await
    }

    async fn confirm(&self, confirm: ConfirmTotp) -> Result<ChangeOutcome, StoreError> {
        self.transaction(&confirm, |connection, asked| Box::pin(confirm_waiting(connection, asked))).await
    }

    async fn spend_step(&self, spend: SpendStep) -> Result<SpendOutcome, StoreError> {
        self.transaction(&spend, |connection, spend| {
            Box::pin(async {
                lock_for(connection, spend.user, spend.proves.as_ref()).await?;
                let statement = Statement::with("spent", steps::spend_step(spend))
                    .then(audit::insert(&spend.audit).guarded_by("spent"));
                let written = statement.execute(connection).await?;
                prove(connection, written == 1, spend.proves.as_ref()).await
            })
        })
        .await
    }

    async fn spend_recovery(&self, spend: SpendRecovery) -> Result<SpendOutcome, StoreError> {
        self.transaction(&spend, |connection, spend| {
            Box::pin(async {
                lock_for(connection, spend.user, spend.proves.as_ref()).await?;
                let statement = Statement::with("confirmed", steps::lock_confirmed(spend.user, &spend.seed))
                    .with("spent", steps::spend_recovery(spend))
                    .and([messages::insert(&spend.notice).guarded_by("spent")])
                    .then(audit::insert(&spend.audit).guarded_by("spent"));
                let written = statement.execute(connection).await?;
                prove(connection, written == 1, spend.proves.as_ref()).await
            })
        })
        .await
    }

    async fn replace_recovery(&self, replace: ReplaceRecovery) -> Result<ChangeOutcome, StoreError> {
        self.transaction(&replace, |connection, asked| Box::pin(make_anew(connection, asked))).await
    }

    async fn remove(&self, remove: RemoveTotp) -> Result<ChangeOutcome, StoreError> {
        self.transaction(&remove, |connection, asked| Box::pin(forget(connection, asked))).await
    }

    async fn forget_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups = forget!(
            "totp_authenticators",
            by "user_id",
            where "confirmed_at IS NULL AND created_at < $1",
            oldest "created_at"
        );
        self.sweep(setups, begun_before, limit).await
    }
}

async fn keep_waiting(connection: &mut PgConnection, asked: &BeginTotp) -> Result<BeginOutcome, Abort<BeginOutcome>> {
    match lock_owner(connection, asked.user, asked.session, None).await? {
        Ok(_) => {}
        Err(ChangeOutcome::SessionEnded) => return Ok(BeginOutcome::SessionEnded),
        Err(ChangeOutcome::Changed(_) | ChangeOutcome::Lost) => return Ok(BeginOutcome::Refused),
    }
    let begun = Statement::with("begun", steps::keep_waiting(asked))
        .then(audit::insert(&asked.audit).guarded_by("begun"))
        .execute(connection)
        .await?;
    Ok(if begun == 1 { BeginOutcome::Begun } else { BeginOutcome::Refused })
}

async fn confirm_waiting(
    connection: &mut PgConnection,
    asked: &ConfirmTotp,
) -> Result<ChangeOutcome, Abort<ChangeOutcome>> {
    let methods = match lock_owner(connection, asked.user, asked.session, None).await? {
        Ok((_, methods)) => methods,
        Err(lost) => return Ok(lost),
    };
    if Statement::one(steps::confirm(asked)).execute(connection).await? == 0 {
        return Ok(ChangeOutcome::Lost);
    }
    let told = [messages::insert(&asked.notice), audit::insert(&asked.audit)];
    let statement = Statement::with("account", steps::note(asked.user, Some(asked.now), asked.now))
        .and(steps::replace_digests(asked.user, &asked.digests, asked.now))
        // Any app that was begun before: it would take the place of this one.
        .and([held_numbers::call_off(asked.user, &kept_pending(&methods)), held_apps::call_off(asked.user, &[])])
        .and(told)
        .then(Sql::new("SELECT * FROM account"));
    Ok(changed(statement.get_result(connection).await?)?)
}

async fn make_anew(
    connection: &mut PgConnection,
    asked: &ReplaceRecovery,
) -> Result<ChangeOutcome, Abort<ChangeOutcome>> {
    let user = match lock_owner(connection, asked.user, asked.session, Some(&asked.checked)).await? {
        Ok((user, _)) => user,
        Err(lost) => return Ok(lost),
    };
    if Statement::one(steps::lock_confirmed(asked.user, &asked.seed)).execute(connection).await? == 0 {
        return Ok(ChangeOutcome::Lost);
    }
    let [forget, keep] = steps::replace_digests(asked.user, &asked.digests, asked.now);
    let told = [messages::insert(&asked.notice), audit::insert(&asked.audit)];
    if let Some(statement) = Statement::all([forget, keep].into_iter().chain(told).collect()) {
        statement.execute(connection).await?;
    }
    Ok(ChangeOutcome::Changed(user))
}

async fn forget(connection: &mut PgConnection, asked: &RemoveTotp) -> Result<ChangeOutcome, Abort<ChangeOutcome>> {
    let methods = match lock_owner(connection, asked.user, asked.session, Some(&asked.checked)).await? {
        Ok((_, methods)) => methods,
        Err(lost) => return Ok(lost),
    };
    if Statement::one(steps::remove(asked.user, &asked.seed)).execute(connection).await? == 0 {
        return Ok(ChangeOutcome::Lost);
    }
    let kept = kept_pending(&methods);
    let told = [messages::insert(&asked.notice), audit::insert(&asked.audit)];
    let statement = Statement::with("account", steps::note(asked.user, None, asked.now))
        .and([steps::forget_digests(asked.user)])
        .and([held_numbers::call_off(asked.user, &kept), held_apps::call_off(asked.user, &kept)])
        .and(told)
        .then(Sql::new("SELECT * FROM account"));
    Ok(changed(statement.get_result(connection).await?)?)
}

/// Locks the account first where a flow goes on, so that whatever closes all its flows sees the next one, too.
async fn lock_for(connection: &mut PgConnection, user: UserId, proves: Option<&ProvenStep>) -> QueryResult<()> {
    if proves.is_some() {
        users::lock(connection, user, std::iter::empty()).await?;
    }
    Ok(())
}

/// Puts the successor in the place of the step of a flow, where there is one, once the code was spent.
///
/// A code that was not spent may have been so by the same step a moment ago, which is then closed.
async fn prove(
    connection: &mut PgConnection,
    is_spent: bool,
    proves: Option<&ProvenStep>,
) -> Result<SpendOutcome, Abort<SpendOutcome>> {
    let outcome = if is_spent { SpendOutcome::Spent } else { SpendOutcome::Refused };
    let Some(ProvenStep { done, next, now }) = proves else { return Ok(outcome) };
    let advanced = Statement::with("closed", challenges::close(*done, *now))
        .then(challenges::insert(next).guarded_by("closed"))
        .execute(connection)
        .await?;
    match (advanced, is_spent) {
        (0, _) => Err(Abort::Outcome(SpendOutcome::Closed)),
        (_, true) => Ok(SpendOutcome::Spent),
        (_, false) => Err(Abort::Outcome(SpendOutcome::Refused)),
    }
}

/// The active account, held until the end of the transaction, if its session has not ended and
/// its password is the one that was checked, with the methods of the session; else what is told.
async fn lock_owner(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
    checked: Option<&PasswordVerifier>,
) -> QueryResult<Result<(User, Methods), ChangeOutcome>> {
    let locked = users::lock(connection, user, std::iter::empty()).await?;
    let methods = sessions::methods_of(connection, Some(session)).await?;
    let is_checked = users::has_verifier(connection, user, checked).await?;
    let Some(methods) = methods else { return Ok(Err(ChangeOutcome::SessionEnded)) };
    Ok(locked.filter(|user| user.is_active() && is_checked).map(|user| (user, methods)).ok_or(ChangeOutcome::Lost))
}

fn changed(row: UserRow) -> QueryResult<ChangeOutcome> {
    Ok(ChangeOutcome::Changed(decode(row)?))
}
