use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, dsl::sql,
    insert_into, sql_types::Bool, update,
};
use doorward_kernel::{AuditEvent, StoreError, Timestamp};
use doorward_limit::{ConversionBreaker, ConversionBreakers, SmsDestination, try_send};

use crate::{
    SqliteStore,
    columns::corrupt,
    schema::{conversion_breakers, sms_pause},
    steps::{audit::insert_audit, purge::purge},
};

/// The one row that there can be of a pause.
const PAUSED: i32 = 1;

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
                state.on_verified(&destination.policy(), sent_at, now);
                let row = conversion_breakers::table.find((destination.kind(), destination.subject()));
                update(row).set(conversion_breakers::state.eq(state.to_text())).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn reopen(&self, destination: SmsDestination, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let row = conversion_breakers::table.find((destination.kind(), destination.subject()));
            let was_there = delete(row).execute(connection)? == 1;
            if was_there {
                insert_audit(connection, &audit)?;
            }
            Ok(was_there)
        })
        .await
    }

    async fn paused_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let since = self.read(|connection| {
            sms_pause::table.find(PAUSED).select(sms_pause::since).first::<i64>(connection).optional()
        })?;
        Ok(since.map(Timestamp::from_micros))
    }

    async fn pause(&self, now: Timestamp, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let row = (sms_pause::is_paused.eq(PAUSED), sms_pause::since.eq(now.as_micros()));
            let paused = insert_into(sms_pause::table).values(row).on_conflict_do_nothing().execute(connection)?;
            if paused == 0 {
                return Ok(false);
            }
            insert_audit(connection, &audit)?;
            Ok(true)
        })
        .await
    }

    async fn resume(&self, audit: AuditEvent) -> Result<bool, StoreError> {
        self.write(move |connection| {
            if delete(sms_pause::table.find(PAUSED)).execute(connection)? == 0 {
                return Ok(false);
            }
            insert_audit(connection, &audit)?;
            Ok(true)
        })
        .await
    }

    async fn purge_untouched(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let untouched = purge!("conversion_breakers", by "kind, subject", where "touched_at < ?1", oldest "touched_at");
        self.sweep(untouched, before, limit).await
    }
}

fn decode((kind, subject, state): (String, String, String)) -> QueryResult<(SmsDestination, ConversionBreaker)> {
    let destination = SmsDestination::of_kind(&kind, subject).ok_or_else(|| corrupt("conversion_breakers.kind"))?;
    let state = ConversionBreaker::from_text(&state).ok_or_else(|| corrupt("conversion_breakers.state"))?;
    Ok((destination, state))
}

fn state(connection: &mut SqliteConnection, destination: &SmsDestination) -> QueryResult<Option<ConversionBreaker>> {
    let row =
        conversion_breakers::table.find((destination.kind(), destination.subject())).select(conversion_breakers::state);
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
            conversion_breakers::kind.eq(destination.kind()),
            conversion_breakers::subject.eq(destination.subject()),
            kept.clone(),
        ))
        .on_conflict((conversion_breakers::kind, conversion_breakers::subject))
        .do_update()
        .set(kept)
        .execute(connection)?;
    Ok(())
}
