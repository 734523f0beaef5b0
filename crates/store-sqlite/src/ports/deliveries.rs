use async_trait::async_trait;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper,
    SqliteConnection, sql_query,
    sql_types::{BigInt, Binary, Bool, Text},
};
use doorward_kernel::{ChallengeId, StoreError, Timestamp};
use doorward_notifier::{Content, Deliveries, DeliveryOutcome, Entry, FailureAction, Report, ReportOutcome};

use super::outbox::read_or_skip;
use crate::{SqliteStore, columns::Id, rows::EntryRow, schema::outbox};

/// Takes the message from whoever holds it: what that one settles later is under a lease that has ended.
const SEND_AGAIN: &str = "UPDATE outbox \
    SET failed_provider = ?2, provider = NULL, reference = NULL, tries = tries + 1, next_try_at = ?3, \
        leased_until = NULL, sent_at = coalesce(sent_at, ?3) \
    WHERE id = ?1 AND (provider = ?2 OR (provider IS NULL AND leased_until IS NOT NULL)) \
        AND failed_provider IS NULL AND outcome IS NULL AND expires_at > ?3 \
        AND EXISTS (SELECT 1 FROM challenges WHERE challenges.id = challenge_id AND closed_at IS NULL \
            AND outbox.channel IN ('email', phone_channels))";

/// A report may come before the answer to the call that it is about, or where that answer was lost. The lease stays:
/// its holder may still settle what the report does not say.
const NOTE: &str = "UPDATE outbox \
    SET provider = ?2, outcome = ?4, outcome_at = coalesce(outcome_at, ?3), sent_at = coalesce(sent_at, ?3), \
        next_try_at = NULL \
    WHERE id = ?1 AND dead_since IS NULL AND (provider = ?2 OR (provider IS NULL AND failed_provider IS NOT ?2 \
            AND (leased_until IS NOT NULL OR (tries > 0 AND ?5)))) \
        AND (outcome IS NULL OR (outcome = 'delivered' AND ?4 = 'read'))";

#[async_trait]
impl Deliveries for SqliteStore {
    async fn latest(&self, challenge: ChallengeId) -> Result<Option<Entry>, StoreError> {
        self.read(|connection| {
            let codes = outbox::table.filter(outbox::challenge_id.eq(Id::from(challenge)));
            let latest = codes.order((outbox::created_at.desc(), outbox::id.desc())).select(EntryRow::as_select());
            latest.first(connection).optional()?.map(EntryRow::decode).transpose()
        })
    }

    async fn recent(&self, now: Timestamp, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| {
            let is_known = outbox::outcome.is_not_null().or(outbox::dead_since.is_not_null());
            let codes = outbox::table
                .filter(outbox::next_try_at.is_null().and(outbox::challenge_id.is_not_null()))
                .filter(outbox::template.ne(Content::DECOY))
                .filter(outbox::provider.is_not_null().or(outbox::dead_since.is_not_null()))
                .filter(is_known.or(outbox::expires_at.le(now.as_micros())));
            let recent = codes.order((outbox::expires_at.desc(), outbox::id.desc())).limit(limit.into());
            let rows: Vec<EntryRow> = recent.select(EntryRow::as_select()).load(connection)?;
            Ok(rows.into_iter().filter_map(read_or_skip).collect())
        })
    }

    async fn taken(&self, challenges: &[ChallengeId]) -> Result<Vec<Entry>, StoreError> {
        self.read(|connection| {
            let challenges = challenges.iter().map(|challenge| Id::from(*challenge));
            let codes = outbox::table.filter(outbox::challenge_id.eq_any(challenges));
            let taken = codes.filter(outbox::provider.is_not_null());
            let rows: Vec<EntryRow> = taken.select(EntryRow::as_select()).load(connection)?;
            Ok(rows.into_iter().filter_map(read_or_skip).collect())
        })
    }

    async fn report(&self, report: Report) -> Result<ReportOutcome, StoreError> {
        self.write(move |connection| Ok(note(connection, &report)?)).await
    }
}

fn note(connection: &mut SqliteConnection, report: &Report) -> QueryResult<ReportOutcome> {
    let told = |sql| {
        sql_query(sql)
            .bind::<Binary, _>(Id::from(report.id))
            .bind::<Text, _>(&report.provider)
            .bind::<BigInt, _>(report.at.as_micros())
    };
    let is_to_be_sent = (report.outcome, report.failure) == (DeliveryOutcome::Failed, FailureAction::SendAgain);
    if is_to_be_sent && told(SEND_AGAIN).execute(connection)? > 0 {
        return Ok(ReportOutcome::SentAgain);
    }
    let ends_wait = report.outcome != DeliveryOutcome::Failed || report.failure == FailureAction::GiveUp;
    let noted = told(NOTE).bind::<Text, _>(report.outcome.as_str()).bind::<Bool, _>(ends_wait).execute(connection)?;
    Ok(if noted > 0 { ReportOutcome::Noted } else { ReportOutcome::Ignored })
}
