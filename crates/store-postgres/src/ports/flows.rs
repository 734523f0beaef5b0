use async_trait::async_trait;
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper, update};
use diesel_async::RunQueryDsl;
use doorward_app::flow::{Advance, AdvanceOutcome, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start};
use doorward_kernel::{ChallengeId, StoreError};
use doorward_otp::Challenge;

use crate::{
    PgStore,
    connection::PgConnection,
    hot::advance_flow,
    rows::{ChallengeRow, decode, stored},
    schema::challenges,
    steps::{challenges::is_open, messages::insert_notices},
    store::Abort,
};

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
