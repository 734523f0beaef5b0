use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, dsl::sql,
    insert_into, sql_types::Bool, update,
};
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{Tripwire, TripwireVerdict, Tripwires, Wire, WireKind, pass};

use crate::{
    SqliteStore,
    columns::corrupt,
    schema::tripwires,
    steps::{audit::insert_audit, sweep::forget},
};

#[async_trait]
impl Tripwires for SqliteStore {
    async fn find(&self, wires: Vec<Wire>) -> Result<Vec<(Wire, Tripwire)>, StoreError> {
        self.read(|connection| {
            let mut found = Vec::with_capacity(wires.len());
            for wire in &wires {
                found.extend(state(connection, wire)?.map(|state| (wire.clone(), state)));
            }
            Ok(found)
        })
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(Wire, Tripwire)>, StoreError> {
        self.read(|connection| {
            // The condition is that of the index.
            let closed: Vec<(String, String, String)> = tripwires::table
                .filter(tripwires::kind.eq_any(["country", "prefix"]))
                .filter(sql::<Bool>("substr(state, 1, 1) <> '-'"))
                .select((tripwires::kind, tripwires::subject, tripwires::state))
                .limit(limit.into())
                .load(connection)?;
            closed.into_iter().map(decode).collect()
        })
    }

    async fn pass(&self, wires: Vec<Wire>, now: Timestamp) -> Result<Vec<TripwireVerdict>, StoreError> {
        self.write(move |connection| {
            let mut states = Vec::with_capacity(wires.len());
            for wire in wires {
                let state = state(connection, &wire)?.unwrap_or_default();
                states.push((wire, state));
            }
            let verdicts = pass(&mut states, now);
            states.iter().try_for_each(|(wire, state)| keep(connection, wire, state, now))?;
            Ok(verdicts)
        })
        .await
    }

    async fn verified(&self, wires: Vec<Wire>, sent_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            for wire in &wires {
                let Some(mut state) = state(connection, wire)? else { continue };
                state.on_verified(&wire.kind.policy(), sent_at, now);
                let row = tripwires::table.find((wire.kind.as_str(), &wire.subject));
                update(row).set(tripwires::state.eq(state.to_text())).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn reopen(&self, wire: Wire, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let row = tripwires::table.find((wire.kind.as_str(), &wire.subject));
            let was_there = delete(row).execute(connection)? == 1;
            if was_there {
                insert_audit(connection, &audit)?;
            }
            Ok(was_there)
        })
        .await
    }

    async fn forget_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let untouched = forget!("tripwires", by "kind, subject", where "touched_at < ?1", oldest "touched_at");
        self.sweep(untouched, before, limit).await
    }
}

fn decode((kind, subject, state): (String, String, String)) -> QueryResult<(Wire, Tripwire)> {
    let kind = WireKind::parse(&kind).ok_or_else(|| corrupt("tripwires.kind"))?;
    let state = Tripwire::from_text(&state).ok_or_else(|| corrupt("tripwires.state"))?;
    Ok((Wire { kind, subject }, state))
}

fn state(connection: &mut SqliteConnection, wire: &Wire) -> QueryResult<Option<Tripwire>> {
    let row = tripwires::table.find((wire.kind.as_str(), &wire.subject)).select(tripwires::state);
    let text: Option<String> = row.first(connection).optional()?;
    text.map(|text| Tripwire::from_text(&text).ok_or_else(|| corrupt("tripwires.state"))).transpose()
}

fn keep(connection: &mut SqliteConnection, wire: &Wire, state: &Tripwire, now: Timestamp) -> QueryResult<()> {
    let kept = (tripwires::state.eq(state.to_text()), tripwires::touched_at.eq(now.as_micros()));
    insert_into(tripwires::table)
        .values((tripwires::kind.eq(wire.kind.as_str()), tripwires::subject.eq(&wire.subject), kept.clone()))
        .on_conflict((tripwires::kind, tripwires::subject))
        .do_update()
        .set(kept)
        .execute(connection)?;
    Ok(())
}
