use std::slice;

use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, prelude::QueryableByName,
    sql_types::SmallInt, update,
};
use diesel_async::RunQueryDsl;
use doorward_app::flow::{
    Advance, AdvanceOutcome, CountOutcome, FlowKind, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start,
};
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp, UserId};
use doorward_otp::Challenge;

use crate::{
    PgStore,
    columns::stored,
    connection::PgConnection,
    hot::bind_starts,
    rows::{AuditRow, ChallengeRow},
    schema::challenges,
    sql::Sql,
    steps::{challenges::is_open, messages::insert_notices, purge::purge},
    store::Step,
};

/// In one statement, with its event: guessers ask for it as fast as they can.
const COUNT: &str = "WITH counted AS ( \
        UPDATE challenges SET tries = tries + 1 \
        WHERE id = $challenge AND closed_at IS NULL AND expires_at > $now AND tries < max_tries \
        RETURNING max_tries - tries AS attempts_left), \
    recorded AS ( \
        INSERT INTO audit_events $audit_events WHERE EXISTS (SELECT FROM counted)) \
    SELECT attempts_left FROM counted";

#[derive(QueryableByName)]
struct CountedRow {
    #[diesel(sql_type = SmallInt)]
    attempts_left: i16,
}

#[async_trait]
impl Flows for PgStore {
    async fn find(&self, id: ChallengeId) -> Result<Option<FoundFlow>, StoreError> {
        self.hot.find_flow.call(id).await
    }

    async fn start(&self, start: Start) -> Result<(), StoreError> {
        self.hot.start.call(start).await
    }

    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError> {
        self.write(async |connection| count_send(connection, &resend).await).await
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        self.write_one(async |connection| advance_flow(connection, &advance).await).await
    }

    async fn repeat(&self, repeat: Repeat) -> Result<Option<Challenge>, StoreError> {
        self.write(async |connection| Ok(untouched_successor(connection, &repeat).await?)).await
    }

    async fn cut_off(&self, done: ChallengeId) -> Result<(), StoreError> {
        self.repeatable(async |connection| {
            let done = challenges::table.find(done.as_uuid());
            let cut = update(done).set(challenges::successor.eq(None::<uuid::Uuid>));
            cut.execute(connection).await?;
            Ok(())
        })
        .await
    }

    async fn count_wrong(
        &self,
        id: ChallengeId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<CountOutcome, StoreError> {
        self.write_one(async |connection| {
            let count = Sql::new(COUNT)
                .bind("challenge", id.as_uuid())
                .bind("now", stored(now))
                .rows("audit_events", [AuditRow::encode(&audit)]);
            let counted: Vec<CountedRow> = count.load(connection).await?;
            Ok(outcome(&counted))
        })
        .await
    }

    async fn purge_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let ended = match kind {
            FlowKind::Registration => {
                purge!("challenges", by "id", where "purpose = 'register' AND ends_at < $before", oldest "ends_at")
            }
            FlowKind::Other => {
                purge!("challenges", by "id", where "purpose <> 'register' AND ends_at < $before", oldest "ends_at")
            }
        };
        self.sweep(ended, before, limit).await
    }
}

/// Closes an open challenge and writes the one that follows, with its message and event.
async fn advance_flow(connection: &mut PgConnection, advance: &Advance) -> QueryResult<AdvanceOutcome> {
    let Advance { done, next, now } = advance;
    let sql = Sql::new(include_str!("../hot/advance_flow.sql"))
        .bind("done", done.as_uuid())
        .bind("next", next.challenge.id.as_uuid())
        .bind("now", stored(*now))
        .bind("owner", next.challenge.user().map(UserId::as_uuid));
    let recorded = bind_starts(sql, slice::from_ref(next)).execute(connection).await?;
    Ok(if recorded > 0 { AdvanceOutcome::Advanced } else { AdvanceOutcome::Closed })
}

/// Under the lock of the challenge that was met, as a wrong guess at it takes that lock, too.
async fn untouched_successor(connection: &mut PgConnection, repeat: &Repeat) -> QueryResult<Option<Challenge>> {
    let met = challenges::table
        .find(repeat.done.as_uuid())
        .filter(challenges::closed_at.gt(stored(repeat.met_after)))
        .select(challenges::successor)
        .for_update();
    let Some(next) = met.first::<Option<uuid::Uuid>>(connection).await.optional()?.flatten() else { return Ok(None) };
    let next = challenges::table.find(next).select(ChallengeRow::as_select()).first(connection).await.optional()?;
    let next: Option<Challenge> = next.map(ChallengeRow::decode).transpose()?;
    Ok(next.filter(|next| next.denial(repeat.now).is_none() && next.is_untouched()))
}

async fn count_send(connection: &mut PgConnection, resend: &Resend) -> Step<ResendOutcome> {
    let now = stored(resend.now);
    let seen = challenges::table
        .find(resend.challenge.as_uuid())
        .filter(is_open(now))
        .filter(challenges::sends.eq(i16::from(resend.sends)));
    let values = (
        challenges::sends.eq(challenges::sends + 1),
        challenges::sent_at.eq(now),
        challenges::phone_channels.eq(resend.phone_channels.as_str()),
    );
    if update(seen).set(values).execute(connection).await? == 0 {
        return Ok(ResendOutcome::Conflict);
    }
    insert_notices(connection, &resend.message, &resend.audit).await?;
    Ok(ResendOutcome::Resent)
}

fn outcome(counted: &[CountedRow]) -> CountOutcome {
    counted.iter().next().map_or(CountOutcome::Closed, |row| CountOutcome::Counted {
        attempts_left: u8::try_from(row.attempts_left).unwrap_or(0),
    })
}
