use std::slice;

use async_trait::async_trait;
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection, delete, insert_into,
};
use doorward_kernel::{StoreError, Timestamp};
use doorward_limit::{BudgetKey, BudgetRow, Budgets, Draw, DrawDecision, DrawOutcome, Leased, decide, rows_of};

use crate::{SqliteStore, schema::budgets, steps::sweep::forget};

/// Decided by the domain's own function: the writer holds the write lock from before the
/// first read on, across processes too, so what was read is what is changed.
#[async_trait]
impl Budgets for SqliteStore {
    async fn draw(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        if rows_of(&draws).is_empty() {
            return Ok(DrawOutcome::Admitted);
        }
        self.write(move |connection| {
            let DrawDecision { outcome, writes } = look(connection, &draws, now)?;
            writes.into_iter().try_for_each(|(row, state)| keep(connection, row, state))?;
            Ok(outcome)
        })
        .await
    }

    async fn lease(&self, draws: Vec<Draw>, now: Timestamp) -> Result<Vec<Leased>, StoreError> {
        self.write(move |connection| {
            let mut leased = Vec::with_capacity(draws.len());
            for draw in &draws {
                let DrawDecision { outcome, writes } = look(connection, slice::from_ref(draw), now)?;
                for (row, state) in &writes {
                    keep(connection, *row, *state)?;
                }
                let state_of = |row| writes.iter().find(|(kept, _)| *kept == row).map(|(_, state)| *state);
                leased.push(Leased::of(draw, &outcome, now, state_of));
            }
            Ok(leased)
        })
        .await
    }

    async fn peek(&self, draws: Vec<Draw>, now: Timestamp) -> Result<DrawOutcome, StoreError> {
        self.read(|connection| Ok(look(connection, &draws, now)?.outcome))
    }

    async fn refund(&self, draws: Vec<Draw>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            for draw in rows_of(&draws) {
                let kept = state(connection, draw.row)?;
                if kept.is_some() {
                    // A full budget's row says the same as none, and the sweep forgets it.
                    let state = draw.rate.refund(kept, now, draw.cost).unwrap_or(now);
                    keep(connection, draw.row, state)?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn reset(&self, key: BudgetKey) -> Result<(), StoreError> {
        self.write(move |connection| {
            let rows = budgets::table.filter(budgets::kind.eq(key.kind.as_str()));
            delete(rows.filter(budgets::subject.eq(&key.subject[..]))).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn forget_full(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let full = forget!("budgets", by "kind, subject, window_seconds", where "state <= ?1", oldest "state");
        self.sweep(full, before, limit).await
    }
}

fn look(connection: &mut SqliteConnection, draws: &[Draw], now: Timestamp) -> QueryResult<DrawDecision> {
    let rows = rows_of(draws);
    let mut states = Vec::with_capacity(rows.len());
    for draw in &rows {
        states.push((draw.row, state(connection, draw.row)?));
    }
    let state_of = |row| states.iter().find(|(kept, _)| *kept == row).and_then(|(_, state)| *state);
    Ok(decide(&rows, now, state_of))
}

fn state(connection: &mut SqliteConnection, row: BudgetRow) -> QueryResult<Option<Timestamp>> {
    let id = (row.key.kind.as_str(), &row.key.subject[..], i64::from(row.window_seconds));
    let state = budgets::table.find(id).select(budgets::state).first(connection).optional()?;
    Ok(state.map(Timestamp::from_micros))
}

fn keep(connection: &mut SqliteConnection, row: BudgetRow, state: Timestamp) -> QueryResult<()> {
    let kept = budgets::state.eq(state.as_micros());
    insert_into(budgets::table)
        .values((
            budgets::kind.eq(row.key.kind.as_str()),
            budgets::subject.eq(&row.key.subject[..]),
            budgets::window_seconds.eq(i64::from(row.window_seconds)),
            kept,
        ))
        .on_conflict((budgets::kind, budgets::subject, budgets::window_seconds))
        .do_update()
        .set(kept)
        .execute(connection)?;
    Ok(())
}
