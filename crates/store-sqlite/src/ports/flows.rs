use async_trait::async_trait;
use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
    SelectableHelper, SqliteConnection, update,
};
use doorward_app::flow::{
    Advance, AdvanceOutcome, CountOutcome, FlowKind, Flows, FoundFlow, Repeat, Resend, ResendOutcome, Start,
};
use doorward_kernel::{AuditEvent, ChallengeId, StoreError, Timestamp};
use doorward_otp::Challenge;

use crate::{
    SqliteStore,
    columns::{Id, corrupt},
    rows::{ChallengeRow, UserRow},
    schema::{challenges, users},
    steps::{
        audit::insert_audit,
        challenges::{close_before, insert_start, is_open},
        messages::insert_messages,
        purge::purge,
    },
};

#[async_trait]
impl Flows for SqliteStore {
    async fn find(&self, id: ChallengeId) -> Result<Option<FoundFlow>, StoreError> {
        self.read(|connection| find(connection, id))
    }

    async fn start(&self, start: Start) -> Result<(), StoreError> {
        self.write(move |connection| Ok(insert_start(connection, &start)?)).await
    }

    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError> {
        self.write(move |connection| Ok(count_send(connection, &resend)?)).await
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        self.write(move |connection| Ok(move_on(connection, &advance)?)).await
    }

    async fn repeat(&self, repeat: Repeat) -> Result<Option<Challenge>, StoreError> {
        // Where wrong tries are written, so that it takes its turn with them.
        self.write(move |connection| Ok(untouched_successor(connection, &repeat)?)).await
    }

    async fn cut_off(&self, done: ChallengeId) -> Result<(), StoreError> {
        self.write(move |connection| {
            let done = challenges::table.find(Id::from(done));
            update(done).set(challenges::successor.eq(None::<Id>)).execute(connection)?;
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

fn find(connection: &mut SqliteConnection, id: ChallengeId) -> QueryResult<Option<FoundFlow>> {
    let row: Option<(ChallengeRow, Option<UserRow>)> = challenges::table
        .left_join(users::table.on(challenges::user_id.eq(users::id.nullable())))
        .filter(challenges::id.eq(Id::from(id)))
        .select((ChallengeRow::as_select(), Option::<UserRow>::as_select()))
        .first(connection)
        .optional()?;
    let decode = |(challenge, account): (ChallengeRow, Option<UserRow>)| {
        Ok(FoundFlow { challenge: challenge.decode()?, account: account.map(UserRow::decode).transpose()? })
    };
    row.map(decode).transpose()
}

fn count_send(connection: &mut SqliteConnection, resend: &Resend) -> QueryResult<ResendOutcome> {
    let now = resend.now.as_micros();
    let seen = challenges::table
        .find(Id::from(resend.challenge))
        .filter(is_open(now))
        .filter(challenges::sends.eq(i32::from(resend.sends)));
    let values = (
        challenges::sends.eq(challenges::sends + 1),
        challenges::sent_at.eq(now),
        challenges::phone_channels.eq(resend.phone_channels.as_str()),
    );
    if update(seen).set(values).execute(connection)? == 0 {
        return Ok(ResendOutcome::Conflict);
    }
    insert_messages(connection, &resend.message)?;
    insert_audit(connection, &resend.audit)?;
    Ok(ResendOutcome::Resent)
}

fn move_on(connection: &mut SqliteConnection, advance: &Advance) -> QueryResult<AdvanceOutcome> {
    if !close_before(connection, advance.done, advance.next.challenge.id, advance.now)? {
        return Ok(AdvanceOutcome::Closed);
    }
    insert_start(connection, &advance.next)?;
    Ok(AdvanceOutcome::Advanced)
}

fn untouched_successor(connection: &mut SqliteConnection, repeat: &Repeat) -> QueryResult<Option<Challenge>> {
    let met = challenges::table
        .find(Id::from(repeat.done))
        .filter(challenges::closed_at.gt(repeat.met_after.as_micros()))
        .select(challenges::successor);
    let Some(next) = met.first::<Option<Id>>(connection).optional()?.flatten() else { return Ok(None) };
    let next = challenges::table.find(next).select(ChallengeRow::as_select()).first(connection).optional()?;
    let next = next.map(ChallengeRow::decode).transpose()?;
    Ok(next.filter(|next| next.denial(repeat.now).is_none() && next.is_untouched()))
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
