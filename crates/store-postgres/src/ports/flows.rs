use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, SelectableHelper,
    sql_types::{SmallInt, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_app::flow::{Advance, AdvanceOutcome, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start};
use doorward_kernel::{ChallengeId, StoreError};
use doorward_otp::Challenge;

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{ChallengeRow, decode, stored},
    schema,
    sql::{Sql, Statement},
    steps::{
        audit,
        challenges::{self, is_open},
        messages, users,
    },
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
        self.once(&resend, |connection, resend| Box::pin(send_again(connection, resend))).await
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        match advance.next.challenge.user() {
            None => self.once(&advance, |connection, advance| Box::pin(go_on(connection, advance))).await,
            Some(_) => {
                self.transaction(&advance, |connection, advance| Box::pin(go_on_locked(connection, advance))).await
            }
        }
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
                let done = schema::challenges::table.find(done.as_uuid());
                let cut = diesel::update(done).set(schema::challenges::successor.eq(None::<uuid::Uuid>));
                cut.execute(connection).await?;
                Ok(())
            })
        })
        .await
    }
}

/// Under the lock of the challenge that was met, as a wrong guess at it takes that lock, too.
async fn untouched_successor(connection: &mut PgConnection, repeat: &Repeat) -> QueryResult<Option<Challenge>> {
    use schema::challenges;

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

async fn go_on(connection: &mut PgConnection, advance: &Advance) -> QueryResult<AdvanceOutcome> {
    let close = challenges::close_before(advance.done, advance.next.challenge.id, advance.now);
    let statement = Statement::with("closed", close)
        .and(challenges::start(&advance.next, Some("closed")))
        .then(Sql::new("SELECT id FROM closed"));
    let closed = statement.execute(connection).await?;
    Ok(if closed == 1 { AdvanceOutcome::Advanced } else { AdvanceOutcome::Closed })
}

/// Under the lock of the account, so that whatever closes all its flows sees the next one, too.
async fn go_on_locked(
    connection: &mut PgConnection,
    advance: &Advance,
) -> Result<AdvanceOutcome, Abort<AdvanceOutcome>> {
    if let Some(user) = advance.next.challenge.user() {
        users::lock(connection, user, std::iter::empty()).await?;
    }
    Ok(go_on(connection, advance).await?)
}

async fn send_again(connection: &mut PgConnection, resend: &Resend) -> QueryResult<ResendOutcome> {
    let count = Sql::new(concat!(
        "UPDATE challenges SET sends = sends + 1, sent_at = $2 WHERE id = $1 AND sends = $3 AND ",
        is_open!("$2"),
        " RETURNING id"
    ))
    .bind::<Uuid, _>(resend.challenge.as_uuid())
    .bind::<Timestamptz, _>(stored(resend.now))
    .bind::<SmallInt, _>(i16::from(resend.sends));
    let message = resend.message.as_ref().map(|message| messages::insert(message).guarded_by("sent"));
    let event = audit::insert(&resend.audit).guarded_by("sent");
    let sent = Statement::with("sent", count).and(message).then(event).execute(connection).await?;
    Ok(if sent == 1 { ResendOutcome::Resent } else { ResendOutcome::Lost })
}
