use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into,
    update,
};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, CountedTry, FailurePolicy, FailureRows, FailureState};

use crate::{SqliteStore, columns::micros, schema::failure_rows, steps::sweep::forget};

#[async_trait]
impl FailureRows for SqliteStore {
    async fn count(&self, key: BudgetKey, policy: FailurePolicy, now: Timestamp) -> Result<CountedTry, StoreError> {
        self.write(move |connection| {
            let tried = CountedTry::after(state(connection, key)?, &policy, now);
            if tried.is_open() {
                add(connection, key, &tried.after, now)?;
            }
            Ok(tried)
        })
        .await
    }

    async fn put_back(&self, key: BudgetKey, tried: CountedTry) -> Result<(), StoreError> {
        self.write(move |connection| {
            if state(connection, key)? == tried.after {
                let row = failure_rows::table.find((key.kind.as_str(), &key.subject[..]));
                update(row).set(kept(&tried.before)).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn clear(&self, keys: Vec<BudgetKey>) -> Result<(), StoreError> {
        self.write(move |connection| {
            for key in &keys {
                delete(failure_rows::table.find((key.kind.as_str(), &key.subject[..]))).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let untouched = forget!(
            "failure_rows",
            by "kind, subject",
            where "touched_at < ?1 AND disabled_at IS NULL",
            oldest "touched_at"
        );
        self.sweep(untouched, before, limit).await
    }
}

type Kept = (
    diesel::dsl::Eq<failure_rows::consecutive, i64>,
    diesel::dsl::Eq<failure_rows::blocked_until, Option<i64>>,
    diesel::dsl::Eq<failure_rows::disabled_at, Option<i64>>,
);

fn kept(state: &FailureState) -> Kept {
    (
        failure_rows::consecutive.eq(i64::from(state.consecutive)),
        failure_rows::blocked_until.eq(micros(state.blocked_until)),
        failure_rows::disabled_at.eq(micros(state.disabled_at)),
    )
}

/// The row as it is kept; one that is missing has no failures.
fn state(connection: &mut SqliteConnection, key: BudgetKey) -> QueryResult<FailureState> {
    let columns = (failure_rows::consecutive, failure_rows::blocked_until, failure_rows::disabled_at);
    let row = failure_rows::table.find((key.kind.as_str(), &key.subject[..])).select(columns);
    let found: Option<(i64, Option<i64>, Option<i64>)> = row.first(connection).optional()?;
    Ok(found.map_or_else(FailureState::default, |(consecutive, blocked_until, disabled_at)| FailureState {
        consecutive: u32::try_from(consecutive).unwrap_or(u32::MAX),
        blocked_until: blocked_until.map(Timestamp::from_micros),
        disabled_at: disabled_at.map(Timestamp::from_micros),
    }))
}

fn add(connection: &mut SqliteConnection, key: BudgetKey, state: &FailureState, now: Timestamp) -> QueryResult<()> {
    let touched = failure_rows::touched_at.eq(now.as_micros());
    insert_into(failure_rows::table)
        .values((
            failure_rows::kind.eq(key.kind.as_str()),
            failure_rows::subject.eq(&key.subject[..]),
            kept(state),
            touched,
        ))
        .on_conflict((failure_rows::kind, failure_rows::subject))
        .do_update()
        .set((kept(state), touched))
        .execute(connection)?;
    Ok(())
}
