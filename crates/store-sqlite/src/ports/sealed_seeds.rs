use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, update};
use doorward_kernel::{EpochId, UserId};
use doorward_otp::{ResealedSeed, SealedSeed};

use crate::{
    columns::Id,
    schema::{pending_authenticators, totp_authenticators},
};

pub(super) fn count(connection: &mut SqliteConnection, epoch: EpochId) -> QueryResult<u64> {
    // An app that takes effect in between leaves the table that is read first.
    let apps = totp_authenticators::table.filter(totp_authenticators::epoch.eq(epoch.0));
    let pending = pending_authenticators::table.filter(pending_authenticators::epoch.eq(epoch.0));
    let seeds = pending.count().get_result::<i64>(connection)? + apps.count().get_result::<i64>(connection)?;
    Ok(seeds.unsigned_abs())
}

pub(super) fn list(
    connection: &mut SqliteConnection,
    epoch: EpochId,
    after: Option<UserId>,
    limit: u32,
) -> QueryResult<Vec<(UserId, SealedSeed)>> {
    let after = Id::from(after.unwrap_or(UserId::from_bytes([0; 16])));
    // In this order none is missed that takes effect in between.
    let mut rows: Vec<(Id, Vec<u8>)> = pending_authenticators::table
        .filter(pending_authenticators::epoch.eq(epoch.0))
        .filter(pending_authenticators::user_id.gt(after))
        .order(pending_authenticators::user_id)
        .limit(limit.into())
        .select((pending_authenticators::user_id, pending_authenticators::seed))
        .load(connection)?;
    let apps: Vec<(Id, Vec<u8>)> = totp_authenticators::table
        .filter(totp_authenticators::epoch.eq(epoch.0))
        .filter(totp_authenticators::user_id.gt(after))
        .order(totp_authenticators::user_id)
        .limit(limit.into())
        .select((totp_authenticators::user_id, totp_authenticators::seed))
        .load(connection)?;
    rows.extend(apps);
    rows.sort_by_key(|(id, _)| *id);
    let last = rows.iter().take(limit as usize).next_back().map(|(id, _)| *id);
    rows.retain(|(id, _)| last.is_some_and(|last| *id <= last));
    Ok(rows.into_iter().map(|(id, bytes)| (id.into(), SealedSeed { epoch, bytes })).collect())
}

pub(super) fn replace(connection: &mut SqliteConnection, resealed: &[ResealedSeed]) -> QueryResult<u64> {
    let mut replaced = 0;
    for ResealedSeed { user, from, to } in resealed {
        let unchanged = totp_authenticators::table
            .filter(totp_authenticators::user_id.eq(Id::from(*user)))
            .filter(totp_authenticators::seed.eq(&from.bytes));
        let values = (totp_authenticators::seed.eq(&to.bytes), totp_authenticators::epoch.eq(to.epoch.0));
        replaced += update(unchanged).set(values).execute(connection)?;
        let pending = pending_authenticators::table
            .filter(pending_authenticators::user_id.eq(Id::from(*user)))
            .filter(pending_authenticators::seed.eq(&from.bytes));
        let values = (pending_authenticators::seed.eq(&to.bytes), pending_authenticators::epoch.eq(to.epoch.0));
        replaced += update(pending).set(values).execute(connection)?;
    }
    Ok(replaced as u64)
}
