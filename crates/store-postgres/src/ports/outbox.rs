use async_trait::async_trait;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use doorward_kernel::{StoreError, Timestamp};
use doorward_notifier::{Claimed, Outbox, Settlement};

use crate::{
    PgStore,
    rows::{ClaimedRow, decode, stored},
    sql::{Sql, Statement},
    steps::settlements::settle,
};

#[async_trait]
impl Outbox for PgStore {
    async fn claim(&self, now: Timestamp, leased_until: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
        self.once(&(now, leased_until, limit), |connection, (now, leased_until, limit)| {
            Box::pin(async {
                let statement = claim(*now, *leased_until, *limit);
                let rows: Vec<ClaimedRow> = statement.load(connection).await?;
                Ok(rows.into_iter().filter_map(readable).collect())
            })
        })
        .await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError> {
        self.once(&settlements, |connection, settlements| {
            Box::pin(async {
                if let Some(statement) = Statement::all(settle(settlements)) {
                    statement.execute(connection).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// A row that this release cannot read stays under its lease and stops nobody: another node may read it.
fn readable(row: ClaimedRow) -> Option<Claimed> {
    let id = row.id();
    match decode(row) {
        Ok(claimed) => Some(claimed),
        Err(error) => {
            tracing::error!(message.id = %id, %error, "a message cannot be read here");
            None
        }
    }
}

fn claim<'a>(now: Timestamp, leased_until: Timestamp, limit: u32) -> Statement<'a> {
    let due = Sql::new(
        "SELECT id FROM outbox WHERE next_try_at <= $1 AND (leased_until IS NULL OR leased_until <= $1) \
         ORDER BY next_try_at, id LIMIT $2 FOR UPDATE SKIP LOCKED",
    )
    .bind::<Timestamptz, _>(stored(now))
    .bind::<BigInt, _>(i64::from(limit));
    let claimed = Sql::new(
        "UPDATE outbox SET leased_until = $1 FROM due WHERE outbox.id = due.id \
         RETURNING outbox.id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, change_id, \
         created_at, expires_at, tries, next_try_at, leased_until",
    )
    .bind::<Timestamptz, _>(stored(leased_until));
    Statement::with("due", due).with("claimed", claimed).then(Sql::new(
        "SELECT id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, change_id, \
         created_at, expires_at, tries, leased_until FROM claimed ORDER BY next_try_at, id",
    ))
}
