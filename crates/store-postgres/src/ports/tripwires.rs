use async_trait::async_trait;
use diesel::{
    QueryDsl, QueryResult, QueryableByName, delete,
    dsl::sql,
    query_builder::SqlQuery,
    sql_query,
    sql_types::{Array, BigInt, Bool, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{Tripwire, TripwireVerdict, Tripwires, Wire, WireKind, pass};

use crate::{
    PgStore,
    columns::Sql,
    connection::PgConnection,
    hot::{Swap, swap_tripwires},
    rows::{Undecodable, stored},
    schema::tripwires,
    steps::{audit::insert_audit, sweep::forget},
    store::Abort,
};

/// The state of the wire at that place, counted from one.
#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    state: String,
}

#[async_trait]
impl Tripwires for PgStore {
    async fn find(&self, wires: Vec<Wire>) -> Result<Vec<(Wire, Tripwire)>, StoreError> {
        self.repeatable(&wires, |connection, wires| Box::pin(find(connection, wires))).await
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(Wire, Tripwire)>, StoreError> {
        self.repeatable(&limit, |connection, limit| {
            Box::pin(async {
                // The condition is that of the index.
                let closed: Vec<(String, String, String)> = tripwires::table
                    .filter(sql::<Bool>("state NOT LIKE '-%'"))
                    .select((tripwires::kind, tripwires::subject, tripwires::state))
                    .limit(i64::from(*limit))
                    .load(connection)
                    .await?;
                let wire = |(kind, subject, state): (String, String, String)| {
                    let unknown =
                        || diesel::result::Error::DeserializationError(Box::new(Undecodable("tripwires.kind")));
                    let kind = WireKind::parse(&kind).ok_or_else(unknown)?;
                    Ok((Wire { kind, subject }, decode(&state)?))
                };
                closed.into_iter().map(wire).collect()
            })
        })
        .await
    }

    async fn pass(&self, mut wires: Vec<Wire>, now: Timestamp) -> Result<Vec<TripwireVerdict>, StoreError> {
        wires.sort();
        let seen = Tripwires::find(self, wires.clone()).await?;
        if seen.len() == wires.len() {
            let mut changed = seen.clone();
            let verdicts = pass(&mut changed, now);
            if self.swap(Swap { seen, changed, touched_at: Some(now) }).await? {
                return Ok(verdicts);
            }
        }
        // A wire is new, or somebody was faster.
        self.transaction(&(wires, now), |connection, (wires, now)| Box::pin(pass_all(connection, wires, *now))).await
    }

    async fn verified(&self, mut wires: Vec<Wire>, sent_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        wires.sort();
        let seen = Tripwires::find(self, wires.clone()).await?;
        let changed = verified(&seen, sent_at, now);
        if changed == seen || self.swap(Swap { seen, changed, touched_at: None }).await? {
            return Ok(());
        }
        self.transaction(&(wires, sent_at, now), |connection, (wires, sent_at, now)| {
            Box::pin(async {
                let seen = lock(connection, wires).await?;
                let changed = verified(&seen, *sent_at, *now);
                swap_tripwires(connection, &Swap { seen, changed, touched_at: None }).await?;
                Ok(())
            })
        })
        .await
    }

    async fn reopen(&self, wire: Wire, audit: AuditEvent) -> Result<bool, StoreError> {
        self.transaction(&(wire, audit), |connection, (wire, audit)| {
            Box::pin(async {
                let row = tripwires::table.find((wire.kind.as_str(), &wire.subject));
                let was_there = delete(row).execute(connection).await? == 1;
                if was_there {
                    insert_audit(connection, audit).await?;
                }
                Ok(was_there)
            })
        })
        .await
    }

    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let untouched = forget!("tripwires", by "kind, subject", where "touched_at < $1", oldest "touched_at");
        self.sweep(untouched, before, limit).await
    }
}

impl PgStore {
    async fn swap(&self, swap: Swap) -> Result<bool, StoreError> {
        self.once(&swap, |connection, swap| Box::pin(swap_tripwires(connection, swap))).await
    }
}

fn verified(seen: &[(Wire, Tripwire)], sent_at: Timestamp, now: Timestamp) -> Vec<(Wire, Tripwire)> {
    let mut changed = seen.to_vec();
    for (wire, state) in &mut changed {
        state.on_verified(&wire.kind.policy(), sent_at, now);
    }
    changed
}

/// Makes the wires that are missing, so that there is a row to lock, and waits for whoever holds one.
async fn pass_all(
    connection: &mut PgConnection,
    wires: &[Wire],
    now: Timestamp,
) -> Result<Vec<TripwireVerdict>, Abort<Vec<TripwireVerdict>>> {
    let make = sql_query(
        "INSERT INTO tripwires (kind, subject, state, touched_at) \
         SELECT kind, subject, $3, $4 FROM unnest($1, $2) WITH ORDINALITY AS wanted (kind, subject, place) \
         ORDER BY place ON CONFLICT DO NOTHING",
    );
    let make = bind_wires(make.into_boxed(), wires)
        .bind::<Text, _>(Tripwire::default().to_text())
        .bind::<Timestamptz, _>(stored(now));
    make.execute(connection).await?;
    let seen = lock(connection, wires).await?;
    let mut changed = seen.clone();
    let verdicts = pass(&mut changed, now);
    swap_tripwires(connection, &Swap { seen, changed, touched_at: Some(now) }).await?;
    Ok(verdicts)
}

/// The states of the wires that are there, in the order of the wires.
async fn find(connection: &mut PgConnection, wires: &[Wire]) -> QueryResult<Vec<(Wire, Tripwire)>> {
    let find = sql_query(
        "SELECT place, state FROM unnest($1, $2) WITH ORDINALITY AS wanted (kind, subject, place) \
         JOIN tripwires USING (kind, subject) ORDER BY place",
    );
    states(connection, find, wires).await
}

/// The same, locked one after the other until the transaction ends.
async fn lock(connection: &mut PgConnection, wires: &[Wire]) -> QueryResult<Vec<(Wire, Tripwire)>> {
    let lock = sql_query(
        "SELECT place, state FROM unnest($1, $2) WITH ORDINALITY AS wanted (kind, subject, place) \
         JOIN tripwires USING (kind, subject) ORDER BY place FOR UPDATE OF tripwires",
    );
    states(connection, lock, wires).await
}

async fn states(connection: &mut PgConnection, sql: SqlQuery, wires: &[Wire]) -> QueryResult<Vec<(Wire, Tripwire)>> {
    let rows: Vec<StateRow> = bind_wires(sql.into_boxed(), wires).load(connection).await?;
    let found = rows.into_iter().filter_map(|StateRow { place, state }| {
        let wire = wires.get(usize::try_from(place).ok()?.checked_sub(1)?)?;
        Some(decode(&state).map(|state| (wire.clone(), state)))
    });
    found.collect()
}

/// Binds the names of the wires as `$1` and `$2`.
fn bind_wires<'a>(sql: Sql<'a>, wires: &'a [Wire]) -> Sql<'a> {
    sql.bind::<Array<Text>, _>(wires.iter().map(|wire| wire.kind.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(wires.iter().map(|wire| wire.subject.as_str()).collect::<Vec<_>>())
}

fn decode(text: &str) -> QueryResult<Tripwire> {
    let unknown = || diesel::result::Error::DeserializationError(Box::new(Undecodable("tripwires.state")));
    Tripwire::from_text(text).ok_or_else(unknown)
}
