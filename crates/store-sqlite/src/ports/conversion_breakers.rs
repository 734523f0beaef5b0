use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, dsl::sql,
    insert_into, sql_types::Bool, update,
};
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{ConversionBreaker, ConversionBreakers, DestinationKind, SmsDestination, try_send};

use crate::{
    SqliteStore,
    columns::corrupt,
    schema::conversion_breakers,
    steps::{audit::insert_audit, purge::purge},
};

#[async_trait]
impl ConversionBreakers for SqliteStore {
    async fn find(
        &self,
        destinations: Vec<SmsDestination>,
    ) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        self.read(|connection| {
            let mut found = Vec::with_capacity(destinations.len());
            for destination in &destinations {
                found.extend(state(connection, destination)?.map(|state| (destination.clone(), state)));
            }
            Ok(found)
        })
    }

    async fn closed(&self, limit: u32) -> Result<Vec<(SmsDestination, ConversionBreaker)>, StoreError> {
        self.read(|connection| {
            // The condition is that of the index.
            let closed: Vec<(String, String, String)> = conversion_breakers::table
                .filter(conversion_breakers::kind.eq_any(["country", "prefix"]))
                .filter(sql::<Bool>("substr(state, 1, 1) <> '-'"))
                .select((conversion_breakers::kind, conversion_breakers::subject, conversion_breakers::state))
                .limit(limit.into())
                .load(connection)?;
            closed.into_iter().map(decode).collect()
        })
    }

    async fn try_send(
        &self,
        destinations: Vec<SmsDestination>,
        now: Timestamp,
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        self.write(move |connection| {
            let mut states = Vec::with_capacity(destinations.len());
            for destination in destinations {
                let state = state(connection, &destination)?.unwrap_or_default();
                states.push((destination, state));
            }
            let verdicts = try_send(&mut states, now);
            states.iter().try_for_each(|(destination, state)| keep(connection, destination, state, now))?;
            Ok(verdicts)
        })
        .await
    }

    async fn verified(
        &self,
        destinations: Vec<SmsDestination>,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            for destination in &destinations {
                let Some(mut state) = state(connection, destination)? else { continue };
                state.on_verified(&destination.kind.policy(), sent_at, now);
                let row = conversion_breakers::table.find((destination.kind.as_str(), &destination.subject));
                update(row).set(conversion_breakers::state.eq(state.to_text())).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn reopen(&self, destination: SmsDestination, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let row = conversion_breakers::table.find((destination.kind.as_str(), &destination.subject));
            let was_there = delete(row).execute(connection)? == 1;
            if was_there {
                insert_audit(connection, &audit)?;
            }
            Ok(was_there)
        })
        .await
    }

    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let untouched = purge!("conversion_breakers", by "kind, subject", where "touched_at < ?1", oldest "touched_at");
        self.sweep(untouched, before, limit).await
    }
}

fn decode((kind, subject, state): (String, String, String)) -> QueryResult<(SmsDestination, ConversionBreaker)> {
    let kind = DestinationKind::parse(&kind).ok_or_else(|| corrupt("conversion_breakers.kind"))?;
    let state = ConversionBreaker::from_text(&state).ok_or_else(|| corrupt("conversion_breakers.state"))?;
    Ok((SmsDestination { kind, subject }, state))
}

fn state(connection: &mut SqliteConnection, destination: &SmsDestination) -> QueryResult<Option<ConversionBreaker>> {
    let row = conversion_breakers::table
        .find((destination.kind.as_str(), &destination.subject))
        .select(conversion_breakers::state);
    let text: Option<String> = row.first(connection).optional()?;
    text.map(|text| ConversionBreaker::from_text(&text).ok_or_else(|| corrupt("conversion_breakers.state"))).transpose()
}

fn keep(
    connection: &mut SqliteConnection,
    destination: &SmsDestination,
    state: &ConversionBreaker,
    now: Timestamp,
) -> QueryResult<()> {
    let kept = (conversion_breakers::state.eq(state.to_text()), conversion_breakers::touched_at.eq(now.as_micros()));
    insert_into(conversion_breakers::table)
        .values((
            conversion_breakers::kind.eq(destination.kind.as_str()),
            conversion_breakers::subject.eq(&destination.subject),
            kept.clone(),
        ))
        .on_conflict((conversion_breakers::kind, conversion_breakers::subject))
        .do_update()
        .set(kept)
        .execute(connection)?;
    Ok(())
}
