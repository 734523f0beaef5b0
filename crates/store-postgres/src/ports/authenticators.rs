use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, delete, insert_into, update};
use diesel_async::RunQueryDsl;
use doorward_app::{
    SpentCode,
    factors::kept_pending,
    totp::{
        Authenticator, Authenticators, BeginOutcome, BeginTotp, ChangeOutcome, ConfirmTotp, RemoveTotp,
        ReplaceRecovery, SpendOutcome,
    },
};
use doorward_kernel::{SessionId, StoreError, Timestamp, UserId};
use doorward_session::Methods;
use doorward_user::{PasswordVerifier, User};

use crate::{
    PgStore,
    columns::{stored, stored_step},
    connection::PgConnection,
    rows::AuthenticatorRow,
    schema::totp_authenticators,
    steps::{
        audit::insert_audit,
        authenticators::{
            drop_authenticator, find_authenticator, lock_authenticator, lock_named, note_totp, replace_digests,
            spend_code,
        },
        challenges::cancel_pending,
        messages::insert_notices,
        pending_authenticators::purge_pending_authenticator,
        purge::purge,
        sessions::methods_of,
        users::{has_verifier, lock_user},
    },
    store::Step,
};

#[async_trait]
impl Authenticators for PgStore {
    async fn find(&self, user: UserId) -> Result<Option<Authenticator>, StoreError> {
        self.read(async |connection| find_authenticator(connection, user).await).await
    }

    async fn begin(&self, begin: BeginTotp) -> Result<BeginOutcome, StoreError> {
        self.write(async |connection| keep_waiting(connection, &begin).await).await
    }

    async fn confirm(&self, confirm: ConfirmTotp) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| confirm_waiting(connection, &confirm).await).await
    }

    async fn spend(&self, code: SpentCode) -> Result<SpendOutcome, StoreError> {
        self.write(async |connection| {
            let is_spent = spend_code(connection, Some(&code)).await?;
            Ok(if is_spent { SpendOutcome::Spent } else { SpendOutcome::Refused })
        })
        .await
    }

    async fn replace_recovery(&self, replace: ReplaceRecovery) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| make_anew(connection, &replace).await).await
    }

    async fn remove(&self, remove: RemoveTotp) -> Result<ChangeOutcome, StoreError> {
        self.write(async |connection| forget(connection, &remove).await).await
    }

    async fn purge_setups(&self, begun_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let setups = purge!(
            "totp_authenticators",
            by "user_id",
            where "confirmed_at IS NULL AND created_at < $before",
            oldest "created_at"
        );
        self.sweep(setups, begun_before, limit).await
    }
}

async fn keep_waiting(connection: &mut PgConnection, begin: &BeginTotp) -> Step<BeginOutcome> {
    match lock_owner(connection, begin.user, begin.session, None).await? {
        Ok(_) => {}
        Err(ChangeOutcome::SessionEnded) => return Ok(BeginOutcome::SessionEnded),
        Err(ChangeOutcome::Changed(_) | ChangeOutcome::Conflict) => return Ok(BeginOutcome::Refused),
    }
    if lock_authenticator(connection, begin.user).await?.is_some_and(|found| found.is_active()) {
        return Ok(BeginOutcome::Refused);
    }
    delete(totp_authenticators::table.find(begin.user.as_uuid())).execute(connection).await?;
    insert_into(totp_authenticators::table).values(AuthenticatorRow::waiting(begin)).execute(connection).await?;
    insert_audit(connection, &begin.audit).await?;
    Ok(BeginOutcome::Begun)
}

async fn confirm_waiting(connection: &mut PgConnection, confirm: &ConfirmTotp) -> Step<ChangeOutcome> {
    let methods = match lock_owner(connection, confirm.user, confirm.session, None).await? {
        Ok((_, methods)) => methods,
        Err(lost) => return Ok(lost),
    };
    let waiting = totp_authenticators::table
        .find(confirm.user.as_uuid())
        .filter(totp_authenticators::seed.eq(confirm.seed.bytes.as_slice()))
        .filter(totp_authenticators::confirmed_at.is_null());
    let values = (
        totp_authenticators::confirmed_at.eq(stored(confirm.now)),
        totp_authenticators::last_step.eq(stored_step(confirm.step)),
        totp_authenticators::change_id.eq(confirm.change.as_uuid()),
    );
    if update(waiting).set(values).execute(connection).await? == 0 {
        return Ok(ChangeOutcome::Conflict);
    }
    replace_digests(connection, confirm.user, &confirm.digests, confirm.now).await?;
    cancel_pending(connection, confirm.user, &kept_pending(&methods)).await?;
    // Any that was begun before: it would take the place of this one.
    purge_pending_authenticator(connection, confirm.user).await?;
    insert_notices(connection, [&confirm.notice], &confirm.audit).await?;
    Ok(ChangeOutcome::Changed(note_totp(connection, confirm.user, Some(confirm.now), confirm.now).await?))
}

async fn make_anew(connection: &mut PgConnection, replace: &ReplaceRecovery) -> Step<ChangeOutcome> {
    let user = match lock_owner(connection, replace.user, replace.session, Some(&replace.checked)).await? {
        Ok((user, _)) => user,
        Err(lost) => return Ok(lost),
    };
    let found = lock_named(connection, replace.user, &replace.seed).await?;
    if !found.is_some_and(|found| found.is_active()) {
        return Ok(ChangeOutcome::Conflict);
    }
    replace_digests(connection, replace.user, &replace.digests, replace.now).await?;
    insert_notices(connection, [&replace.notice], &replace.audit).await?;
    Ok(ChangeOutcome::Changed(user))
}

async fn forget(connection: &mut PgConnection, remove: &RemoveTotp) -> Step<ChangeOutcome> {
    let methods = match lock_owner(connection, remove.user, remove.session, Some(&remove.checked)).await? {
        Ok((_, methods)) => methods,
        Err(lost) => return Ok(lost),
    };
    let found = lock_named(connection, remove.user, &remove.seed).await?.filter(Authenticator::is_active);
    if found.is_none() {
        return Ok(ChangeOutcome::Conflict);
    }
    drop_authenticator(connection, remove.user).await?;
    cancel_pending(connection, remove.user, &kept_pending(&methods)).await?;
    insert_notices(connection, [&remove.notice], &remove.audit).await?;
    Ok(ChangeOutcome::Changed(note_totp(connection, remove.user, None, remove.now).await?))
}

/// The active account, held until the end of the transaction, if its session has not ended and
/// its password is the one that was checked, with the methods of the session; else what is told.
async fn lock_owner(
    connection: &mut PgConnection,
    user: UserId,
    session: SessionId,
    checked: Option<&PasswordVerifier>,
) -> QueryResult<Result<(User, Methods), ChangeOutcome>> {
    let locked = lock_user(connection, user).await?;
    let methods = methods_of(connection, Some(session)).await?;
    let is_checked = has_verifier(connection, user, checked).await?;
    let Some(methods) = methods else { return Ok(Err(ChangeOutcome::SessionEnded)) };
    Ok(locked.filter(|user| user.is_active() && is_checked).map(|user| (user, methods)).ok_or(ChangeOutcome::Conflict))
}
