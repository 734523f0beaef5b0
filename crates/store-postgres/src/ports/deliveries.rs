use async_trait::async_trait;
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_notifier::{Content, Deliveries, DeliveryOutcome, Entry, FailureAction, Report, ReportOutcome};

use super::outbox::read_or_skip;
use crate::{
    PgStore, columns::stored, connection::PgConnection, rows::EntryRow, schema::outbox, sql::Sql, store::Step,
};

/// Takes the message from whoever holds it: what that one settles later is under a lease that has ended.
const SEND_AGAIN: &str = "UPDATE outbox \
    SET failed_provider = $provider, provider = NULL, reference = NULL, tries = tries + 1, next_try_at = $at, \
        leased_until = NULL, sent_at = coalesce(sent_at, $at) \
    WHERE id = $id AND (provider = $provider OR (provider IS NULL AND leased_until IS NOT NULL)) \
        AND failed_provider IS NULL AND outcome IS NULL AND expires_at > $at \
        AND EXISTS (SELECT FROM challenges WHERE challenges.id = challenge_id AND closed_at IS NULL \
            AND outbox.channel IN ('email', phone_channels))";

/// A report may come before the answer to the call that it is about, or where that answer was lost. The lease stays:
/// its holder may still settle what the report does not say.
const NOTE: &str = "UPDATE outbox \
    SET provider = $provider, outcome = $outcome, outcome_at = coalesce(outcome_at, $at), \
        sent_at = coalesce(sent_at, $at), next_try_at = NULL \
    WHERE id = $id AND dead_since IS NULL AND (provider = $provider \
            OR (provider IS NULL AND failed_provider IS DISTINCT FROM $provider \
                AND (leased_until IS NOT NULL OR (tries > 0 AND $ends_wait)))) \
        AND (outcome IS NULL OR (outcome = 'delivered' AND $outcome = 'read'))";

#[async_trait]
impl Deliveries for PgStore {
    async fn latest(&self, challenge: ChallengeId) -> Result<Option<Entry>, StoreError> {
        self.read(async |connection| {
            let codes = outbox::table.filter(outbox::challenge_id.eq(challenge.as_uuid()));
            let latest = codes.order((outbox::created_at.desc(), outbox::id.desc())).select(EntryRow::as_select());
            latest.first(connection).await.optional()?.map(EntryRow::decode).transpose()
        })
        .await
    }

    async fn recent(&self, now: Timestamp, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(async |connection| {
            let is_known = outbox::outcome.is_not_null().or(outbox::dead_since.is_not_null());
            let codes = outbox::table
                .filter(outbox::next_try_at.is_null().and(outbox::challenge_id.is_not_null()))
                .filter(outbox::template.ne(Content::DECOY))
                .filter(outbox::provider.is_not_null().or(outbox::dead_since.is_not_null()))
                .filter(is_known.or(outbox::expires_at.le(stored(now))));
            let recent = codes.order((outbox::expires_at.desc(), outbox::id.desc())).limit(i64::from(limit));
            let rows: Vec<EntryRow> = recent.select(EntryRow::as_select()).load(connection).await?;
            Ok(rows.into_iter().filter_map(read_or_skip).collect())
        })
        .await
    }

    async fn taken(&self, challenges: &[ChallengeId]) -> Result<Vec<Entry>, StoreError> {
        self.read(async |connection| {
            let challenges: Vec<_> = challenges.iter().map(|challenge| challenge.as_uuid()).collect();
            let codes = outbox::table.filter(outbox::challenge_id.eq_any(challenges));
            let taken = codes.filter(outbox::provider.is_not_null());
            let rows: Vec<EntryRow> = taken.select(EntryRow::as_select()).load(connection).await?;
            Ok(rows.into_iter().filter_map(read_or_skip).collect())
        })
        .await
    }

    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError> {
        self.write(async |connection| note(connection, &report).await).await
    }
}

async fn note(connection: &mut PgConnection, report: &Report) -> Step<ReportOutcome> {
    let told = |sql| {
        let sql = Sql::new(sql).bind("id", report.id.as_uuid());
        sql.bind("provider", report.provider.as_str()).bind("at", stored(report.at))
    };
    let is_to_be_sent = (report.outcome, report.failure) == (DeliveryOutcome::Failed, FailureAction::SendAgain);
    if is_to_be_sent && told(SEND_AGAIN).execute(connection).await? > 0 {
        return Ok(ReportOutcome::SentAgain);
    }
    let ends_wait = report.outcome != DeliveryOutcome::Failed || report.failure == FailureAction::GiveUp;
    let noted = told(NOTE).bind("outcome", report.outcome.as_str()).bind("ends_wait", ends_wait);
    let noted = noted.execute(connection).await?;
    Ok(if noted > 0 { ReportOutcome::Noted } else { ReportOutcome::Ignored })
}
