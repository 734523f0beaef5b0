use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into,
    update,
};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CountedTry, Lockout, LockoutKey, LockoutTry, Lockouts};

use crate::{
    SqliteStore,
    columns::micros,
    schema::lockouts,
    steps::{lockouts::clear, purge::purge},
};

#[async_trait]
impl Lockouts for SqliteStore {
    async fn count(&self, asked: Vec<LockoutTry>, now: Timestamp) -> Result<CountedTry, StoreError> {
        self.write(move |connection| {
            let mut kept = Vec::with_capacity(asked.len());
            for tried in &asked {
                kept.push((tried.clone(), find(connection, tried.key)?));
            }
            let tried = CountedTry::of(&kept, now);
            for (key, lockout) in &tried.counted {
                put(connection, *key, lockout, now)?;
            }
            Ok(tried)
        })
        .await
    }

    async fn put_back(&self, tried: CountedTry) -> Result<(), StoreError> {
        self.write(move |connection| {
            for (key, lockout) in &tried.counted {
                if find(connection, *key)?.consecutive == lockout.consecutive {
                    let row = lockouts::table.find((&key.authenticator[..], &key.caller[..]));
                    update(row).set(kept(&lockout.without_last())).execute(connection)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn clear(&self, keys: Vec<LockoutKey>) -> Result<(), StoreError> {
        self.write(move |connection| Ok(clear(connection, &keys)?)).await
    }

    async fn clear_all(&self, authenticator: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |connection| {
            let of_authenticator = lockouts::table.filter(lockouts::authenticator.eq(&authenticator[..]));
            delete(of_authenticator).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let old = purge!("lockouts", by "authenticator, caller", where "counted_at < ?1", oldest "counted_at");
        self.sweep(old, before, limit).await
    }
}

type Kept = (
    diesel::dsl::Eq<lockouts::consecutive, i64>,
    diesel::dsl::Eq<lockouts::blocked_until, Option<i64>>,
    diesel::dsl::Eq<lockouts::disabled_at, Option<i64>>,
);

fn kept(lockout: &Lockout) -> Kept {
    (
        lockouts::consecutive.eq(i64::from(lockout.consecutive)),
        lockouts::blocked_until.eq(micros(lockout.blocked_until)),
        lockouts::disabled_at.eq(micros(lockout.disabled_at)),
    )
}

/// The lockout as it is kept; one that is missing has no failures.
fn find(connection: &mut SqliteConnection, key: LockoutKey) -> QueryResult<Lockout> {
    let columns = (lockouts::consecutive, lockouts::blocked_until, lockouts::disabled_at);
    let row = lockouts::table.find((&key.authenticator[..], &key.caller[..])).select(columns);
    let found: Option<(i64, Option<i64>, Option<i64>)> = row.first(connection).optional()?;
    Ok(found.map_or_else(Lockout::default, |(consecutive, blocked_until, disabled_at)| Lockout {
        consecutive: u32::try_from(consecutive).unwrap_or(u32::MAX),
        blocked_until: blocked_until.map(Timestamp::from_micros),
        disabled_at: disabled_at.map(Timestamp::from_micros),
    }))
}

fn put(connection: &mut SqliteConnection, key: LockoutKey, lockout: &Lockout, now: Timestamp) -> QueryResult<()> {
    let counted = lockouts::counted_at.eq(now.as_micros());
    insert_into(lockouts::table)
        .values((
            lockouts::authenticator.eq(&key.authenticator[..]),
            lockouts::caller.eq(&key.caller[..]),
            kept(lockout),
            counted,
        ))
        .on_conflict((lockouts::authenticator, lockouts::caller))
        .do_update()
        .set((kept(lockout), counted))
        .execute(connection)?;
    Ok(())
}
