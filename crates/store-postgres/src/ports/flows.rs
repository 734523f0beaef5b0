use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
    prelude::QueryableByName,
    sql_query,
    sql_types::{SmallInt, Timestamptz, Uuid},
    update,
};
use diesel_async::RunQueryDsl;
use doorward_app::flow::{
    Advance, AdvanceOutcome, CountOutcome, FlowKind, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start,
};
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::Challenge;

use crate::{
    PgStore,
    columns::AuditColumns,
    connection::PgConnection,
    hot::advance_flow,
    rows::{ChallengeRow, decode, stored},
    schema::challenges,
    steps::{challenges::is_open, messages::insert_notices, purge::purge},
    store::Abort,
};

/// In one statement, with its event: guessers ask for it as fast as they can.
const COUNT: &str = "WITH counted AS ( \
        UPDATE challenges SET tries = tries + 1 \
        WHERE id = $1 AND closed_at IS NULL AND expires_at > $2 AND tries < max_tries \
        RETURNING max_tries - tries AS attempts_left), \
    recorded AS ( \
        INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id) \
        SELECT recorded.* FROM unnest($3, $4, $5, $6, $7, $8) AS recorded, counted) \
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
        self.transaction(&resend, |connection, resend| Box::pin(count_send(connection, resend))).await
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        self.once(&advance, |connection, advance| Box::pin(advance_flow(connection, advance))).await
    }

    async fn repeat(&self, repeat: Repeat) -> Result<Option<Challenge>, StoreError> {
        self.transaction(&repeat, |connection, repeat| {
            Box::pin(async { Ok(untouched_successor(connection, repeat).await?) })
        })
        .await
    }

    async fn cut_off(&self, done: ChallengeId) -> Result<(), StoreError> {
        self.repeatable(&done, |connection, done| {
            Box::pin(async {
                let done = challenges::table.find(done.as_uuid());
                let cut = update(done).set(challenges::successor.eq(None::<uuid::Uuid>));
                cut.execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    async fn count_wrong(
        &self,
        id: ChallengeId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<CountOutcome, StoreError> {
        self.once(&(id, now, audit), |connection, (id, now, audit)| {
            Box::pin(async move {
                let count =
                    sql_query(COUNT).into_boxed().bind::<Uuid, _>(id.as_uuid()).bind::<Timestamptz, _>(stored(*now));
                let count = [audit].into_iter().collect::<AuditColumns>().bind(count);
                let counted: Vec<CountedRow> = count.load(connection).await?;
                Ok(outcome(&counted))
            })
        })
        .await
    }

    async fn purge_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let ended = match kind {
            FlowKind::Registration => {
                purge!("challenges", by "id", where "purpose = 'register' AND ends_at < $1", oldest "ends_at")
            }
            FlowKind::Other => {
                purge!("challenges", by "id", where "purpose <> 'register' AND ends_at < $1", oldest "ends_at")
            }
        };
        self.sweep(ended, before, limit).await
    }
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
    let next: Option<Challenge> = next.map(decode).transpose()?;
    Ok(next.filter(|next| next.denial(repeat.now).is_none() && next.is_untouched()))
}

async fn count_send(connection: &mut PgConnection, resend: &Resend) -> Result<ResendOutcome, Abort<ResendOutcome>> {
    let now = stored(resend.now);
    let seen = challenges::table
        .find(resend.challenge.as_uuid())
        .filter(is_open(now))
        .filter(challenges::sends.eq(i16::from(resend.sends)));
    let values = (challenges::sends.eq(challenges::sends + 1), challenges::sent_at.eq(now));
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
