use async_trait::async_trait;
use diesel::{
    prelude::QueryableByName,
    sql_types::{SmallInt, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Challenges, CountOutcome, FlowKind};

use crate::{
    PgStore,
    rows::stored,
    sql::{Sql, Statement},
    steps::{audit, challenges::is_open, sweep::forget},
};

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
            Box::pin(async {
                let statement = Statement::with("counted", count(*id, *now))
                    .and([audit::insert(audit).guarded_by("counted")])
                    .then(Sql::new("SELECT attempts_left FROM counted"));
                let counted: Vec<CountedRow> = statement.load(connection).await?;
                Ok(outcome(&counted))
            })
        })
        .await
    }

    async fn forget_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let ended = match kind {
            FlowKind::Registration => {
                forget!("challenges", by "id", where "purpose = 'register' AND ends_at < $1", oldest "ends_at")
            }
            FlowKind::Other => {
                forget!("challenges", by "id", where "purpose <> 'register' AND ends_at < $1", oldest "ends_at")
            }
        };
        self.sweep(ended, before, limit).await
    }
}

fn count<'a>(id: ChallengeId, now: Timestamp) -> Sql<'a> {
    Sql::new(concat!(
        "UPDATE challenges SET tries = tries + 1 WHERE id = $1 AND ",
        is_open!("$2"),
        " RETURNING max_tries - tries AS attempts_left"
    ))
    .bind::<Uuid, _>(id.as_uuid())
    .bind::<Timestamptz, _>(stored(now))
}

fn outcome(counted: &[CountedRow]) -> CountOutcome {
    counted.iter().next().map_or(CountOutcome::Closed, |row| CountOutcome::Counted {
        attempts_left: u8::try_from(row.attempts_left).unwrap_or(0),
    })
}
