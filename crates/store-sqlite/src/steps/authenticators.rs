use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, insert_into, update,
};
use doorward_app::totp::Authenticator;
use doorward_kernel::{Timestamp, UserId};
use doorward_otp::{RecoveryDigest, SealedSeed};
use doorward_user::User;

use crate::{
    columns::{Id, micros},
    rows::AuthenticatorRow,
    schema::{recovery_codes, totp_authenticators, users},
    steps::users::find_active,
};

pub(crate) fn find_authenticator(
    connection: &mut SqliteConnection,
    user: UserId,
) -> QueryResult<Option<Authenticator>> {
    let row = totp_authenticators::table.find(Id::from(user)).select(AuthenticatorRow::as_select());
    row.first(connection).optional()?.map(AuthenticatorRow::decode).transpose()
}

/// The account's app, if it is the one of that seed. The write lock is held: it stays as it is read here.
pub(crate) fn named(
    connection: &mut SqliteConnection,
    user: UserId,
    seed: &SealedSeed,
) -> QueryResult<Option<Authenticator>> {
    Ok(find_authenticator(connection, user)?.filter(|found| found.seed == *seed))
}

/// Puts these recovery codes in place of all others of the account.
pub(crate) fn replace_digests(
    connection: &mut SqliteConnection,
    user: UserId,
    digests: &[RecoveryDigest],
    now: Timestamp,
) -> QueryResult<()> {
    purge_digests(connection, user)?;
    let row = |digest: &RecoveryDigest| {
        (
            recovery_codes::user_id.eq(Id::from(user)),
            recovery_codes::digest.eq(digest.to_vec()),
            recovery_codes::made_at.eq(now.as_micros()),
        )
    };
    insert_into(recovery_codes::table).values(digests.iter().map(row).collect::<Vec<_>>()).execute(connection)?;
    Ok(())
}

/// Notes in the account since when it has an authenticator app, and gives it if it is active.
pub(crate) fn note_totp(
    connection: &mut SqliteConnection,
    user: UserId,
    enabled_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<Option<User>> {
    let values = (users::totp_enabled_at.eq(micros(enabled_at)), users::updated_at.eq(now.as_micros()));
    update(users::table.find(Id::from(user))).set(values).execute(connection)?;
    find_active(connection, user)
}

/// Deletes the app of an account and its recovery codes.
pub(crate) fn drop_authenticator(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    delete(totp_authenticators::table.find(Id::from(user))).execute(connection)?;
    purge_digests(connection, user)
}

/// Forgets the recovery codes of an account.
pub(crate) fn purge_digests(connection: &mut SqliteConnection, user: UserId) -> QueryResult<()> {
    delete(recovery_codes::table.filter(recovery_codes::user_id.eq(Id::from(user)))).execute(connection)?;
    Ok(())
}

/// Deletes those that were made after that instant.
pub(crate) fn purge_digests_since(
    connection: &mut SqliteConnection,
    user: UserId,
    since: Timestamp,
) -> QueryResult<()> {
    let later = recovery_codes::table
        .filter(recovery_codes::user_id.eq(Id::from(user)))
        .filter(recovery_codes::made_at.gt(since.as_micros()));
    delete(later).execute(connection)?;
    Ok(())
}
