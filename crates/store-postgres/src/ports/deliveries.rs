use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, sql_query,
    sql_types::{Text, Timestamptz, Uuid},
};
use diesel_async::RunQueryDsl;
use doorward_kernel::{ChallengeId, StoreError};
use doorward_notifier::{Deliveries, DeliveryOutcome, Entry, FailureAction, Report, ReportOutcome};

use crate::{
    PgStore,
    connection::PgConnection,
    rows::{EntryRow, decode, stored},
    schema::outbox,
    store::Abort,
};

/// Takes the message from whoever holds it: what that one settles later is under a lease that has ended.
const SEND_AGAIN: &str = "UPDATE outbox \
    SET failed_provider = $2, provider = NULL, reference = NULL, tries = tries + 1, next_try_at = $3, \
        leased_until = NULL, sent_at = coalesce(sent_at, $3) \
    WHERE id = $1 AND (provider = $2 OR (provider IS NULL AND leased_until IS NOT NULL)) \
        AND failed_provider IS NULL AND outcome IS NULL AND expires_at > $3 \
        AND EXISTS (SELECT FROM challenges WHERE challenges.id = challenge_id AND closed_at IS NULL)";

/// A report may come before the answer to the call that it is about.
const NOTE: &str = "UPDATE outbox \
    SET provider = $2, outcome = $4, outcome_at = coalesce(outcome_at, $3), sent_at = coalesce(sent_at, $3) \
    WHERE id = $1 AND (provider = $2 \
            OR (provider IS NULL AND leased_until IS NOT NULL AND failed_provider IS DISTINCT FROM $2)) \
        AND (outcome IS NULL OR (outcome <> 'read' AND $4 = 'read'))";

#[async_trait]
impl Deliveries for PgStore {
    async fn latest(&self, challenge: ChallengeId) -> Result<Option<Entry>, StoreError> {
        self.repeatable(&challenge, |connection, challenge| {
            Box::pin(async {
                let codes = outbox::table.filter(outbox::challenge_id.eq(challenge.as_uuid()));
                let latest = codes.order((outbox::created_at.desc(), outbox::id.desc())).select(EntryRow::as_select());
                latest.first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError> {
        self.transaction(&report, |connection, report| Box::pin(note(connection, report))).await
    }
}

async fn note(connection: &mut PgConnection, report: &Report) -> Result<ReportOutcome, Abort<ReportOutcome>> {
    let told = |sql| {
        sql_query(sql)
            .bind::<Uuid, _>(report.id.as_uuid())
            .bind::<Text, _>(&report.provider)
            .bind::<Timestamptz, _>(stored(report.at))
    };
    let is_to_be_sent = (report.outcome, report.failure) == (DeliveryOutcome::Failed, FailureAction::SendAgain);
    if is_to_be_sent && told(SEND_AGAIN).execute(connection).await? > 0 {
        return Ok(ReportOutcome::SentAgain);
    }
    let noted = told(NOTE).bind::<Text, _>(report.outcome.as_str()).execute(connection).await?;
    Ok(if noted > 0 { ReportOutcome::Noted } else { ReportOutcome::Ignored })
}
