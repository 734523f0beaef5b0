use async_trait::async_trait;
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{CountedTry, Lockout, LockoutKey, LockoutTry, LockoutVerdict, Lockouts};

use crate::{PgStore, steps::lockouts};

/// The retries of a try whose lockout changed at that very moment.
const MAX_RETRIES: usize = 5;

/// A lockout that a try was asked to be counted in: with the try, or as it was where it is not open.
#[derive(QueryableByName)]
struct TriedRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    consecutive: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    blocked_until: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    disabled_at: Option<i64>,
}

/// Lockouts that changed whenever a try was to be counted in them.
#[derive(Debug, thiserror::Error)]
#[error("the lockouts changed again and again")]
struct Unsettled;

#[async_trait]
impl Lockouts for PgStore {
    async fn count(&self, asked: Vec<LockoutTry>, now: Timestamp) -> Result<CountedTry, StoreError> {
        for _ in 0..MAX_RETRIES {
            if let Some(tried) = self.try_count(&asked, now).await? {
                return Ok(tried);
            }
        }
        Err(StoreError::unavailable(Unsettled))
    }

    async fn put_back(&self, tried: CountedTry) -> Result<(), StoreError> {
        self.write_one(async |connection| {
            lockouts::put_back(&tried.counted).execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn clear(&self, keys: Vec<LockoutKey>) -> Result<(), StoreError> {
        self.repeatable(async |connection| {
            lockouts::clear(&keys).execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn clear_all(&self, authenticator: [u8; 32]) -> Result<(), StoreError> {
        self.repeatable(async |connection| {
            lockouts::clear_all(&authenticator).execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.write_one(async |connection| {
            let purged = lockouts::purge(before, limit).execute(connection).await?;
            Ok(u64::try_from(purged).unwrap_or(u64::MAX))
        })
        .await
    }
}

impl PgStore {
    /// Counts in all or in none; `None` where a lockout was made or filled at that very moment.
    async fn try_count(&self, asked: &[LockoutTry], now: Timestamp) -> Result<Option<CountedTry>, StoreError> {
        let rows: Vec<TriedRow> =
            self.write_one(async |connection| lockouts::count(asked, now).load(connection).await).await?;
        let verdict = rows.iter().map(|row| row.shut(now)).max().unwrap_or(LockoutVerdict::Open);
        let counted: Vec<_> =
            asked.iter().zip(&rows).filter_map(|(tried, row)| Some((tried.key, row.lockout()?))).collect();
        if verdict == LockoutVerdict::Open && counted.len() < asked.len() {
            // Another call was there first: what was counted beside it is taken back, and all are looked at again.
            if !counted.is_empty() {
                self.put_back(CountedTry { verdict, counted }).await?;
            }
            return Ok(None);
        }
        Ok(Some(CountedTry { verdict, counted }))
    }
}

impl TriedRow {
    /// The lockout with the try; `None` where it was not counted.
    fn lockout(&self) -> Option<Lockout> {
        let consecutive = self.consecutive?;
        Some(Lockout { consecutive: u32::try_from(consecutive).unwrap_or(u32::MAX), ..self.times() })
    }

    /// The verdict on a try that was not counted.
    fn shut(&self, now: Timestamp) -> LockoutVerdict {
        if self.consecutive.is_some() { LockoutVerdict::Open } else { self.times().verdict(now) }
    }

    fn times(&self) -> Lockout {
        Lockout {
            consecutive: 0,
            blocked_until: self.blocked_until.map(Timestamp::from_micros),
            disabled_at: self.disabled_at.map(Timestamp::from_micros),
        }
    }
}
