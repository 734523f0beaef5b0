use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use doorward_testkit::postgres::Recorded;

use super::title::Title;

/// In the statement with which a node looks each second whether SMS are paused.
pub(super) const LOOK: &str = "\"sms_pause\"";

/// In the statements that a node asks of its own accord, whoever calls.
const OF_ITS_OWN: [&str; 12] = [
    LOOK,
    "state NOT LIKE '-%'",
    "check_counts",
    "SET timezone",
    "transaction_read_only",
    "clock_timestamp",
    "key_epochs",
    "keyid=",
    "pending_authenticators",
    "\"pending_numbers\".\"due_at\" <=",
    "\"void_claims\".\"made_until\"",
    "\"outbox\".\"provider\" IS NOT NULL",
];

/// In the statements of workers: claims, settlements, conversion breakers, and what is given back once a second.
const OF_WORKERS: [&str; 4] = ["SET leased_until", "AS settled", "conversion_breakers", "UPDATE buckets"];

/// Statements in their order, with what they come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Count(Vec<(Recorded, Title)>);

impl Count {
    /// Those that a node does not ask of its own accord, with the ends of their transactions.
    pub(super) fn of(recorded: Vec<Recorded>) -> Self {
        let is_asked = |statement: &Recorded| !is_of_its_own(&statement.sql);
        let is_work = |statement: &&Recorded| is_asked(statement) && !is_frame(&statement.sql);
        let transactions: BTreeSet<_> = recorded.iter().filter(is_work).map(|work| work.transaction).collect();
        let asked = recorded
            .into_iter()
            .filter(|statement| is_asked(statement) && transactions.contains(&statement.transaction));
        let titled = asked.map(|statement| {
            let title = Title::of(&statement.sql);
            (statement, title)
        });
        Self(titled.collect())
    }

    /// Those that somebody waited for: what follows the last commit that is flushed is the workers', too.
    pub(super) fn waited(mut self) -> Self {
        self.0.retain(|(statement, _)| is_of_a_call(&statement.sql));
        let flushed = self.flushed_transactions();
        if let Some(last) = self.0.iter().rposition(|(statement, _)| flushed.contains(&statement.transaction)) {
            self.0.truncate(last + 1);
        }
        self
    }

    /// The same without what an idle node asks.
    pub(super) fn without(mut self, idle: &Self) -> Self {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for (statement, _) in &idle.0 {
            *left.entry(&statement.sql).or_default() += 1;
        }
        self.0.retain(|(statement, _)| match left.get_mut(statement.sql.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        self
    }

    pub(super) fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    pub(super) fn statements(&self) -> usize {
        self.0.len()
    }

    pub(super) fn transactions(&self) -> usize {
        self.0.iter().map(|(statement, _)| statement.transaction).collect::<BTreeSet<_>>().len()
    }

    /// The transactions that write or lock, and whose commit waits for the disk.
    pub(super) fn flushed(&self) -> usize {
        self.flushed_transactions().len()
    }

    fn flushed_transactions(&self) -> BTreeSet<u64> {
        let those = |is: fn(&str) -> bool| -> BTreeSet<u64> {
            self.0
                .iter()
                .filter(|(statement, _)| is(&statement.sql))
                .map(|(statement, _)| statement.transaction)
                .collect()
        };
        &those(writes) - &those(unflushes)
    }
}

/// Returns whether a call asks such a statement, rather than a node of its own accord or its workers.
pub(crate) fn is_of_a_call(sql: &str) -> bool {
    !is_of_its_own(sql) && !OF_WORKERS.iter().any(|work| sql.contains(work))
}

fn is_of_its_own(sql: &str) -> bool {
    // What is old is swept, and leaves out what others have locked, as a claim does.
    let is_sweep = sql.contains("SKIP LOCKED") && !sql.contains("SET leased_until");
    is_sweep || OF_ITS_OWN.iter().any(|own| sql.contains(own))
}

/// Returns whether it only begins or ends a transaction.
fn is_frame(sql: &str) -> bool {
    ["BEGIN", "COMMIT", "ROLLBACK"].iter().any(|word| sql.starts_with(word))
}

fn writes(sql: &str) -> bool {
    ["INSERT INTO", "UPDATE", "DELETE FROM"].iter().any(|word| sql.contains(word))
}

fn unflushes(sql: &str) -> bool {
    sql.contains("synchronous_commit")
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flushed = self.flushed_transactions();
        for (statement, title) in &self.0 {
            let flush = if flushed.contains(&statement.transaction) { "flushed" } else { "" };
            writeln!(f, "  {:>4} {flush:<8} {title}", statement.transaction)?;
        }
        Ok(())
    }
}
