use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, delete, insert_into, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::{SingleUse, SpentCode, totp::Authenticator};
use doorward_kernel::{Timestamp, UserId};
use doorward_otp::{RecoveryDigest, SealedSeed};
use doorward_user::User;

use crate::{
    columns::{stored, stored_step},
    connection::PgConnection,
    rows::{AuthenticatorRow, UserRow},
    schema::{recovery_codes, totp_authenticators, users},
    steps::messages::insert_notices,
};

pub(crate) async fn find_authenticator(
    connection: &mut PgConnection,
    user: UserId,
) -> QueryResult<Option<Authenticator>> {
    let row = totp_authenticators::table.find(user.as_uuid()).select(AuthenticatorRow::as_select());
    row.first(connection).await.optional()?.map(AuthenticatorRow::decode).transpose()
}

/// The account's app, locked until the transaction ends.
pub(crate) async fn lock_authenticator(
    connection: &mut PgConnection,
    user: UserId,
) -> QueryResult<Option<Authenticator>> {
    let row = totp_authenticators::table.find(user.as_uuid()).select(AuthenticatorRow::as_select()).for_update();
    row.first(connection).await.optional()?.map(AuthenticatorRow::decode).transpose()
}

/// The same, if it is the one of that seed.
pub(crate) async fn lock_named(
    connection: &mut PgConnection,
    user: UserId,
    seed: &SealedSeed,
) -> QueryResult<Option<Authenticator>> {
    Ok(lock_authenticator(connection, user).await?.filter(|found| found.seed == *seed))
}

/// Uses up the code, where there is one, with its notice and event; returns whether nobody had done so before.
pub(crate) async fn spend_code(connection: &mut PgConnection, spends: Option<&SpentCode>) -> QueryResult<bool> {
    let Some(SpentCode { user, seed, code, notice, audit }) = spends else { return Ok(true) };
    let is_spent = match code {
        SingleUse::Step(step) => {
            let unspent = totp_authenticators::table
                .find(user.as_uuid())
                .filter(totp_authenticators::seed.eq(seed.bytes.as_slice()))
                .filter(totp_authenticators::confirmed_at.is_not_null())
                .filter(totp_authenticators::last_step.lt(stored_step(*step)));
            update(unspent).set(totp_authenticators::last_step.eq(stored_step(*step))).execute(connection).await? > 0
        }
        SingleUse::Recovery(digests) => {
            let found = lock_named(connection, *user, seed).await?;
            let code = recovery_codes::table
                .filter(recovery_codes::user_id.eq(user.as_uuid()))
                .filter(recovery_codes::digest.eq_any(digests.iter().map(|digest| digest.to_vec())));
            found.is_some_and(|found| found.is_active()) && delete(code).execute(connection).await? > 0
        }
    };
    if is_spent {
        insert_notices(connection, notice, audit).await?;
    }
    Ok(is_spent)
}

/// Puts these recovery codes in place of all others of the account.
pub(crate) async fn replace_digests(
    connection: &mut PgConnection,
    user: UserId,
    digests: &[RecoveryDigest],
    now: Timestamp,
) -> QueryResult<()> {
    purge_digests(connection, user).await?;
    let row = |digest: &RecoveryDigest| {
        (
            recovery_codes::user_id.eq(user.as_uuid()),
            recovery_codes::digest.eq(digest.to_vec()),
            recovery_codes::made_at.eq(stored(now)),
        )
    };
    let rows = digests.iter().map(row).collect::<Vec<_>>();
    insert_into(recovery_codes::table).values(rows).execute(connection).await?;
    Ok(())
}

/// Notes in the account since when it has an authenticator app, and gives it.
pub(crate) async fn note_totp(
    connection: &mut PgConnection,
    user: UserId,
    enabled_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<User> {
    let values = (users::totp_enabled_at.eq(enabled_at.map(stored)), users::updated_at.eq(stored(now)));
    let row = update(users::table.find(user.as_uuid())).set(values).returning(UserRow::as_returning());
    row.get_result(connection).await?.decode()
}

/// Deletes the app of an account and its recovery codes.
pub(crate) async fn drop_authenticator(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    delete(totp_authenticators::table.find(user.as_uuid())).execute(connection).await?;
    purge_digests(connection, user).await
}

/// Forgets the recovery codes of an account.
pub(crate) async fn purge_digests(connection: &mut PgConnection, user: UserId) -> QueryResult<()> {
    delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user.as_uuid()))).execute(connection).await?;
    Ok(())
}

/// Deletes those that were made after that instant.
pub(crate) async fn purge_digests_since(
    connection: &mut PgConnection,
    user: UserId,
    since: Timestamp,
) -> QueryResult<()> {
    let later = recovery_codes::table
        .filter(recovery_codes::user_id.eq(user.as_uuid()))
        .filter(recovery_codes::made_at.gt(stored(since)));
    delete(later).execute(connection).await?;
    Ok(())
}
