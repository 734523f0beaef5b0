use async_trait::async_trait;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, update};
use doorward_app::flow::{Advance, AdvanceOutcome, Flows, Resend, ResendOutcome, Start};
use doorward_kernel::StoreError;

use crate::{
    SqliteStore,
    columns::Id,
    schema::challenges,
    steps::{
        audit::insert_audit,
        challenges::{close_challenge, insert_start, is_open},
        messages::insert_messages,
    },
};

#[async_trait]
impl Flows for SqliteStore {
    async fn start(&self, start: Start) -> Result<(), StoreError> {
        self.write(move |connection| Ok(insert_start(connection, &start)?)).await
    }

    async fn resend(&self, resend: Resend) -> Result<ResendOutcome, StoreError> {
        self.write(move |connection| Ok(count_send(connection, &resend)?)).await
    }

    async fn advance(&self, advance: Advance) -> Result<AdvanceOutcome, StoreError> {
        self.write(move |connection| Ok(move_on(connection, &advance)?)).await
    }
}

fn count_send(connection: &mut SqliteConnection, resend: &Resend) -> QueryResult<ResendOutcome> {
    let now = resend.now.as_micros();
    let seen = challenges::table
        .find(Id::from(resend.challenge))
        .filter(is_open(now))
        .filter(challenges::sends.eq(i32::from(resend.sends)));
    let values = (challenges::sends.eq(challenges::sends + 1), challenges::sent_at.eq(now));
    if update(seen).set(values).execute(connection)? == 0 {
        return Ok(ResendOutcome::Lost);
    }
    insert_messages(connection, &resend.message)?;
    insert_audit(connection, &resend.audit)?;
    Ok(ResendOutcome::Resent)
}

fn move_on(connection: &mut SqliteConnection, advance: &Advance) -> QueryResult<AdvanceOutcome> {
    if !close_challenge(connection, advance.done, advance.now)? {
        return Ok(AdvanceOutcome::Closed);
    }
    insert_start(connection, &advance.next)?;
    Ok(AdvanceOutcome::Advanced)
}
