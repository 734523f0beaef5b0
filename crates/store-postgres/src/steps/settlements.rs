use diesel::{
    data_types::PgTimestamp,
    sql_types::{Array, Text, Timestamptz, Uuid},
};
use doorward_notifier::{Settlement, Verdict};

use crate::{rows::stored, sql::Sql};

/// Settlements of one kind, as columns.
#[derive(Default)]
struct Columns {
    ids: Vec<uuid::Uuid>,
    leases: Vec<PgTimestamp>,
    instants: Vec<PgTimestamp>,
    reasons: Vec<String>,
}

impl Columns {
    fn push(&mut self, settlement: &Settlement) {
        self.ids.push(settlement.id.as_uuid());
        self.leases.push(stored(settlement.leased_until));
    }

    fn bind<'a>(self, text: &'static str) -> Option<Sql<'a>> {
        if self.ids.is_empty() {
            return None;
        }
        let sql = Sql::new(text).bind::<Array<Uuid>, _>(self.ids).bind::<Array<Timestamptz>, _>(self.leases);
        Some(sql.bind::<Array<Text>, _>(self.reasons).bind::<Array<Timestamptz>, _>(self.instants))
    }
}

/// A part for each kind of verdict.
pub(crate) fn settle<'a>(settlements: &[Settlement]) -> Vec<Sql<'a>> {
    let (mut done, mut retried, mut dead) = (Columns::default(), Columns::default(), Columns::default());
    let mut waiting = Columns::default();
    for settlement in settlements {
        match &settlement.verdict {
            Verdict::Done => done.push(settlement),
            Verdict::Retry { at, reason } => {
                retried.push(settlement);
                retried.instants.push(stored(*at));
                retried.reasons.push(storable(reason));
            }
            Verdict::Wait { until } => {
                waiting.push(settlement);
                waiting.instants.push(stored(*until));
            }
            Verdict::Dead { at, reason } => {
                dead.push(settlement);
                dead.instants.push(stored(*at));
                dead.reasons.push(storable(reason));
            }
        }
    }
    [done.bind(DONE), retried.bind(RETRIED), waiting.bind(WAITING), dead.bind(DEAD)].into_iter().flatten().collect()
}

const DONE: &str = "DELETE FROM outbox USING unnest($1, $2) AS settled (id, leased_until) \
    WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until";

const RETRIED: &str = "UPDATE outbox SET tries = tries + 1, leased_until = NULL, failure = settled.failure, \
    next_try_at = settled.next_try_at \
    FROM unnest($1, $2, $3, $4) AS settled (id, leased_until, failure, next_try_at) \
    WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until";

const WAITING: &str = "UPDATE outbox SET leased_until = NULL, next_try_at = settled.next_try_at \
    FROM unnest($1, $2, $4) AS settled (id, leased_until, next_try_at) \
    WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until";

const DEAD: &str = "UPDATE outbox SET tries = tries + 1, leased_until = NULL, failure = settled.failure, \
    next_try_at = NULL, dead_since = settled.dead_since \
    FROM unnest($1, $2, $3, $4) AS settled (id, leased_until, failure, dead_since) \
    WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until";

/// What a provider said, without what a text column refuses.
fn storable(reason: &str) -> String {
    reason.replace('\0', "")
}
