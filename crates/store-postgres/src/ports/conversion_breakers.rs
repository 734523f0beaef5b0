use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, QueryableByName,
    data_types::PgTimestamp,
    delete,
    dsl::sql,
    insert_into,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{ConversionBreaker, ConversionBreakers, SmsDestination, try_send};

use crate::{
    PgStore,
    columns::{corrupt, instant, stored},
    connection::PgConnection,
    hot::{Swap, swap_conversion_breakers},
    schema::{conversion_breakers, sms_pause},
    sql::Sql,
    steps::{audit::insert_audit, purge::purge},
    store::Step,
};

/// The state of the destination at that place, counted from one.
#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    state: String,
}

#[async_trait]
impl ConversionBreakers for PgStore {
    async fn find(
        &self,
        destinations: Vec<SmsDestination>,
    ) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        self.read(async |connection| find(connection, &destinations).await).await
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        self.read(async |connection| {
            // The condition is that of the index.
            let closed: Vec<(String, String, String)> = conversion_breakers::table
                .filter(sql::<Bool>("state NOT LIKE '-%'"))
                .select((conversion_breakers::kind, conversion_breakers::subject, conversion_breakers::state))
                .limit(i64::from(limit))
                .load(connection)
                .await?;
            let destination = |(kind, subject, state): (String, String, String)| {
                let unknown = || corrupt("conversion_breakers.kind");
                Ok((SmsDestination::of_kind(&kind, subject).ok_or_else(unknown)?, decode(&state)?))
            };
            closed.into_iter().map(destination).collect()
        })
        .await
    }

    async fn try_send(
        &self,
        mut destinations: Vec<SmsDestination>,
        now: Timestamp,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        destinations.sort();
        let seen = ConversionBreakers::find(self, destinations.clone()).await?;
        if seen.len() == destinations.len() {
            let mut changed = seen.clone();
            let verdicts = try_send(&mut changed, now);
            if self.swap(Swap { seen, changed, touched_at: Some(now) }).await? {
                return Ok(verdicts);
            }
        }
        // A destination is new, or somebody was faster.
        self.write(async |connection| pass_all(connection, &destinations, now).await).await
    }

    async fn verified(
        &self,
        mut destinations: Vec<SmsDestination>,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        destinations.sort();
        let seen = ConversionBreakers::find(self, destinations.clone()).await?;
        let changed = verified(&seen, sent_at, now);
        if changed == seen || self.swap(Swap { seen, changed, touched_at: None }).await? {
            return Ok(());
        }
        self.write(async |connection| {
            let seen = lock(connection, &destinations).await?;
            let changed = verified(&seen, sent_at, now);
            swap_conversion_breakers(connection, &Swap { seen, changed, touched_at: None }).await?;
            Ok(())
        })
        .await
    }

    async fn reopen(&self, destination: SmsDestination, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(async |connection| {
            let row = conversion_breakers::table.find((destination.kind(), destination.subject()));
            let was_there = delete(row).execute(connection).await? == 1;
            if was_there {
                insert_audit(connection, &audit).await?;
            }
            Ok(was_there)
        })
        .await
    }

    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(async |connection| {
            let since = sms_pause::table.find(true).select(sms_pause::since);
            Ok(since.first::<PgTimestamp>(connection).await.optional()?.map(instant))
        })
        .await
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(async |connection| {
            let values = (sms_pause::is_paused.eq(true), sms_pause::since.eq(stored(now)));
            let pause = insert_into(sms_pause::table).values(values).on_conflict_do_nothing();
            let turned = pause.execute(connection).await?;
            outcome(connection, turned, &audit).await
        })
        .await
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(async |connection| {
            let turned = delete(sms_pause::table.find(true)).execute(connection).await?;
            outcome(connection, turned, &audit).await
        })
        .await
    }

    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let untouched =
            purge!("conversion_breakers", by "kind, subject", where "touched_at < $before", oldest "touched_at");
        self.sweep(untouched, before, limit).await
    }
}

impl PgStore {
    async fn swap(&self, swap: Swap) -> Result<bool, StoreError> {
        self.write_one(async |connection| swap_conversion_breakers(connection, &swap).await).await
    }
}

fn verified(
    seen: &[(SmsDestination, ConversionBreaker)],
    sent_at: Timestamp,
    now: Timestamp,
) -> Vec<(SmsDestination, ConversionBreaker)> {
    let mut changed = seen.to_vec();
    for (destination, state) in &mut changed {
        state.on_verified(&destination.policy(), sent_at, now);
    }
    changed
}

/// Makes the destinations that are missing, so that there is a row to lock, and waits for whoever holds one.
async fn pass_all(
    connection: &mut PgConnection,
    destinations: &[SmsDestination],
    now: Timestamp,
) -> Step<Vec<Option<Timestamp>>> {
    let make = Sql::new(
        "INSERT INTO conversion_breakers (kind, subject, state, touched_at) \
         SELECT kind, subject, $state, $now FROM unnest($kinds, $subjects) WITH ORDINALITY AS wanted (kind, subject, place) \
         ORDER BY place ON CONFLICT DO NOTHING",
    );
    let make = bind_destinations(make, destinations)
        .bind("state", ConversionBreaker::default().to_text())
        .bind("now", stored(now));
    make.execute(connection).await?;
    let seen = lock(connection, destinations).await?;
    let mut changed = seen.clone();
    let verdicts = try_send(&mut changed, now);
    swap_conversion_breakers(connection, &Swap { seen, changed, touched_at: Some(now) }).await?;
    Ok(verdicts)
}

/// The states of the destinations that are there, in the order of the destinations.
async fn find(
    connection: &mut PgConnection,
    destinations: &[SmsDestination],
) -> QueryResult<Vec<(SmsDestination, ConversionBreaker)>> {
    let find = Sql::new(
        "SELECT place, state FROM unnest($kinds, $subjects) WITH ORDINALITY AS wanted (kind, subject, place) \
         JOIN conversion_breakers USING (kind, subject) ORDER BY place",
    );
    states(connection, find, destinations).await
}

/// The same, locked one after the other until the transaction ends.
async fn lock(
    connection: &mut PgConnection,
    destinations: &[SmsDestination],
) -> QueryResult<Vec<(SmsDestination, ConversionBreaker)>> {
    let lock = Sql::new(
        "SELECT place, state FROM unnest($kinds, $subjects) WITH ORDINALITY AS wanted (kind, subject, place) \
         JOIN conversion_breakers USING (kind, subject) ORDER BY place FOR UPDATE OF conversion_breakers",
    );
    states(connection, lock, destinations).await
}

async fn states(
    connection: &mut PgConnection,
    sql: Sql<'_>,
    destinations: &[SmsDestination],
) -> QueryResult<Vec<(SmsDestination, ConversionBreaker)>> {
    let rows: Vec<StateRow> = bind_destinations(sql, destinations).load(connection).await?;
    let found = rows.into_iter().filter_map(|StateRow { place, state }| {
        let destination = destinations.get(usize::try_from(place).ok()?.checked_sub(1)?)?;
        Some(decode(&state).map(|state| (destination.clone(), state)))
    });
    found.collect()
}

/// Binds the names of the destinations.
fn bind_destinations<'a>(sql: Sql<'a>, destinations: &'a [SmsDestination]) -> Sql<'a> {
    sql.each("kinds", destinations, SmsDestination::kind).each("subjects", destinations, SmsDestination::subject)
}

fn decode(text: &str) -> QueryResult<ConversionBreaker> {
    let unknown = || corrupt("conversion_breakers.state");
    ConversionBreaker::from_text(text).ok_or_else(unknown)
}

async fn outcome(connection: &mut PgConnection, turned: usize, audit: &AuditEvent) -> Step<bool> {
    if turned == 0 {
        return Ok(false);
    }
    insert_audit(connection, audit).await?;
    Ok(true)
}
