use async_trait::async_trait;
use diesel::{
    OptionalExtension, QueryableByName,
    sql_types::{BigInt, Bool, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, MessageId, StoreError, Timestamp};
use doorward_notifier::{Claimed, Entry, Outbox, Revival, Revived, Settlement, Stage};

use crate::{
    PgStore,
    rows::{ClaimedRow, EntryRow, decode, stored},
    sql::{Sql, Statement},
    steps::{audit, settlements::settle, sweep::forget},
};

/// The columns of an entry; what they are of follows.
macro_rules! entries {
    () => {
        "SELECT id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, change_id, \
         created_at, expires_at, tries, next_try_at, dead_since, failure FROM outbox "
    };
}
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

    async fn settle(&self, mut settlements: Vec<Settlement>) -> Result<(), StoreError> {
        if settlements.len() == 1
            && let Some(settlement) = settlements.pop()
        {
            return self.hot.settle.call(settlement).await;
        }
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

    async fn list(&self, stage: Stage, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.repeatable(&(stage, limit), |connection, (stage, limit)| {
            Box::pin(async {
                let rows: Vec<EntryRow> = list(*stage, *limit).load(connection).await?;
                Ok(rows.into_iter().filter_map(read_or_skip).collect())
            })
        })
        .await
    }

    async fn find(&self, id: MessageId) -> Result<Option<Entry>, StoreError> {
        self.repeatable(&id, |connection, id| {
            Box::pin(async {
                let find = Sql::new(concat!(entries!(), "WHERE id = $1")).bind::<Uuid, _>(id.as_uuid());
                let row: Option<EntryRow> = Statement::one(find).get_result(connection).await.optional()?;
                row.map(decode).transpose()
            })
        })
        .await
    }

    async fn revive(&self, id: MessageId, now: Timestamp, audit: AuditEvent) -> Result<Revival, StoreError> {
        self.once(&(id, now, audit), |connection, (id, now, audit)| {
            Box::pin(async {
                let found: Option<FoundRow> = revive(*id, *now, audit).get_result(connection).await.optional()?;
                Ok(found.map_or(Revival::NotFound, FoundRow::revival))
            })
        })
        .await
    }

    async fn revive_all(&self, now: Timestamp, audit: AuditEvent) -> Result<Revived, StoreError> {
        self.once(&(now, audit), |connection, (now, audit)| {
            Box::pin(async {
                let counts: CountsRow = revive_all(*now, audit).get_result(connection).await?;
                Ok(Revived { revived: counts.revived.unsigned_abs(), expired: counts.expired.unsigned_abs() })
            })
        })
        .await
    }

    async fn forget_dead(&self, expired_before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let dead = forget!("outbox", by "id", where "next_try_at IS NULL AND expires_at < $1", oldest "created_at");
        self.sweep(dead, expired_before, limit).await
    }
}

/// What a message was, and whether it was made due again.
#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = Bool)]
    is_revived: bool,
    #[diesel(sql_type = Bool)]
    is_expired: bool,
}

impl FoundRow {
    const fn revival(self) -> Revival {
        match (self.is_revived, self.is_expired) {
            (true, _) => Revival::Revived,
            (false, true) => Revival::Expired,
            // It was not, or somebody else has just made it due.
            (false, false) => Revival::NotDead,
        }
    }
}

#[derive(QueryableByName)]
struct CountsRow {
    #[diesel(sql_type = BigInt)]
    revived: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
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

fn list<'a>(stage: Stage, limit: u32) -> Statement<'a> {
    let entries = match stage {
        Stage::Waiting => {
            Sql::new(concat!(entries!(), "WHERE next_try_at IS NOT NULL ORDER BY next_try_at, id LIMIT $1"))
        }
        Stage::Dead => {
            Sql::new(concat!(entries!(), "WHERE next_try_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $1"))
        }
    };
    Statement::one(entries.bind::<BigInt, _>(i64::from(limit)))
}

/// A row that nobody can read must not hide those behind it.
fn read_or_skip(row: EntryRow) -> Option<Entry> {
    let id = row.id();
    let unread = |error| tracing::error!(message.id = %id, %error, "a message cannot be read");
    Entry::try_from(row).map_err(unread).ok()
}

fn revive(id: MessageId, now: Timestamp, event: &AuditEvent) -> Statement<'_> {
    let revived = Sql::new(
        "UPDATE outbox SET next_try_at = $2, dead_since = NULL, tries = 0 \
         WHERE id = $1 AND next_try_at IS NULL AND expires_at > $2 RETURNING id",
    )
    .bind::<Uuid, _>(id.as_uuid())
    .bind::<Timestamptz, _>(stored(now));
    let found = Sql::new(
        "SELECT EXISTS (SELECT FROM revived) AS is_revived, \
         next_try_at IS NULL AND expires_at <= $2 AS is_expired FROM outbox WHERE id = $1",
    )
    .bind::<Uuid, _>(id.as_uuid())
    .bind::<Timestamptz, _>(stored(now));
    Statement::with("revived", revived).and([audit::insert(event).guarded_by("revived")]).then(found)
}

fn revive_all(now: Timestamp, event: &AuditEvent) -> Statement<'_> {
    let revived = Sql::new(
        "UPDATE outbox SET next_try_at = $1, dead_since = NULL, tries = 0 \
         WHERE next_try_at IS NULL AND expires_at > $1 RETURNING id",
    )
    .bind::<Timestamptz, _>(stored(now));
    let counts = Sql::new(
        "SELECT (SELECT count(*) FROM revived) AS revived, \
         (SELECT count(*) FROM outbox WHERE next_try_at IS NULL AND expires_at <= $1) AS expired",
    )
    .bind::<Timestamptz, _>(stored(now));
    Statement::with("revived", revived)
        .with("any_revived", Sql::new("SELECT id FROM revived LIMIT 1"))
        .and([audit::insert(event).guarded_by("any_revived")])
        .then(counts)
}
