use async_trait::async_trait;
use diesel::{
    prelude::QueryableByName,
    sql_query,
    sql_types::{SmallInt, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Challenges, CountOutcome, FlowKind};

use crate::{PgStore, columns::AuditColumns, rows::stored, steps::purge::purge};

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
impl Challenges for PgStore {
    async fn find(&self, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        Ok(self.hot.find_flow.call(id).await?.map(|found| found.challenge))
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

fn outcome(counted: &[CountedRow]) -> CountOutcome {
    counted.iter().next().map_or(CountOutcome::Closed, |row| CountOutcome::Counted {
        attempts_left: u8::try_from(row.attempts_left).unwrap_or(0),
    })
}
