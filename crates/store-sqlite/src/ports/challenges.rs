use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, SqliteConnection,
    update,
};
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::{Challenge, Challenges, CountOutcome, FlowKind};

use crate::{
    SqliteStore,
    columns::{Id, corrupt},
    rows::ChallengeRow,
    schema::challenges,
    steps::{audit::insert_audit, challenges::is_open, purge::purge},
};

#[async_trait]
impl Challenges for SqliteStore {
    async fn find(&self, id: ChallengeId) -> Result<Option<Challenge>, StoreError> {
        self.read(|connection| find(connection, id))
    }

    async fn count_wrong(
        &self,
        id: ChallengeId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<CountOutcome, StoreError> {
        self.write(move |connection| Ok(count_wrong(connection, id, now, &audit)?)).await
    }

    async fn purge_ended(&self, kind: FlowKind, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        // Drafts go with their challenges.
        let ended = match kind {
            FlowKind::Registration => {
                purge!("challenges", by "id", where "purpose = 'register' AND ends_at < ?1", oldest "ends_at")
            }
            FlowKind::Other => {
                purge!("challenges", by "id", where "purpose <> 'register' AND ends_at < ?1", oldest "ends_at")
            }
        };
        self.sweep(ended, before, limit).await
    }
}

fn find(connection: &mut SqliteConnection, id: ChallengeId) -> QueryResult<Option<Challenge>> {
    let row = challenges::table.find(Id::from(id)).select(ChallengeRow::as_select()).first(connection).optional()?;
    row.map(ChallengeRow::decode).transpose()
}

fn count_wrong(
    connection: &mut SqliteConnection,
    id: ChallengeId,
    now: Timestamp,
    audit: &AuditEvent,
) -> QueryResult<CountOutcome> {
    let left: Option<i32> = update(challenges::table.find(Id::from(id)).filter(is_open(now.as_micros())))
        .set(challenges::tries.eq(challenges::tries + 1))
        .returning(challenges::max_tries - challenges::tries)
        .get_result(connection)
        .optional()?;
    let Some(left) = left else { return Ok(CountOutcome::Closed) };
    insert_audit(connection, audit)?;
    let attempts_left = u8::try_from(left).map_err(|_| corrupt("challenges.tries"))?;
    Ok(CountOutcome::Counted { attempts_left })
}
