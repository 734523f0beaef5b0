use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    delete, insert_into, update,
};
use doorward_app::{SingleUse, SpentCode, totp::Authenticator};
use doorward_kernel::{Timestamp, UserId};
use doorward_otp::{RecoveryDigest, SealedSeed};
use doorward_user::User;

use crate::{
    columns::{Id, micros, stored_step},
    rows::AuthenticatorRow,
    schema::{recovery_codes, totp_authenticators, users},
    steps::{audit::insert_audit, messages::insert_message, users::find_active},
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

/// Uses up the code, where there is one, with its notice and event; returns whether nobody had done so before.
pub(crate) fn spend_code(connection: &mut SqliteConnection, spends: Option<&SpentCode>) -> QueryResult<bool> {
    let Some(SpentCode { user, seed, code, notice, audit }) = spends else { return Ok(true) };
    if !named(connection, *user, seed)?.is_some_and(|found| found.is_active()) {
        return Ok(false);
    }
    let spent = match code {
        SingleUse::Step(step) => {
            let unspent = totp_authenticators::table
                .filter(totp_authenticators::user_id.eq(Id::from(*user)))
                .filter(totp_authenticators::last_step.lt(stored_step(*step)));
            update(unspent).set(totp_authenticators::last_step.eq(stored_step(*step))).execute(connection)?
        }
        SingleUse::Recovery(digests) => {
            let code = recovery_codes::table
                .filter(recovery_codes::user_id.eq(Id::from(*user)))
                .filter(recovery_codes::digest.eq_any(digests.iter().map(|digest| digest.to_vec())));
            delete(code).execute(connection)?
        }
    };
    if spent > 0 {
        notice.iter().try_for_each(|notice| insert_message(connection, notice))?;
        insert_audit(connection, audit)?;
    }
    Ok(spent > 0)
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
