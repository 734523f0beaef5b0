//! Query plans: no statement reads a big table from end to end, or sorts.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, Once},
};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{InstrumentationEvent, SimpleConnection, set_default_instrumentation},
    sql_query,
    sql_types::Text,
};

/// The tables that grow with use.
const BIG: [&str; 13] = [
    "users",
    "challenges",
    "registration_drafts",
    "sessions",
    "outbox",
    "identifier_changes",
    "pending_numbers",
    "pending_authenticators",
    "audit_events",
    "buckets",
    "conversion_breakers",
    "totp_authenticators",
    "recovery_codes",
];

static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[derive(QueryableByName)]
struct PlanStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Notes every statement that connections made from now on run.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| set_default_instrumentation(|| Some(Box::new(note))).unwrap());
}

#[allow(clippy::needless_pass_by_value, reason = "the signature of an instrumentation")]
fn note(event: InstrumentationEvent<'_>) {
    let InstrumentationEvent::StartQuery { query, .. } = event else { return };
    let query = query.to_string();
    let statement = query.split(" -- binds:").next().unwrap_or_default();
    let is_ours =
        ["SELECT `", "SELECT EXISTS", "UPDATE ", "DELETE FROM "].iter().any(|start| statement.starts_with(start));
    if is_ours {
        STATEMENTS.lock().unwrap().insert(statement.to_owned());
    }
}

/// Fails if any statement noted so far would read a big table from end to end, or sort.
pub(crate) fn check(path: &Path) {
    let statements = STATEMENTS.lock().unwrap().clone();
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    // A store that closes at the same time holds the file for a moment.
    connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    for statement in statements {
        let plan: Vec<PlanStep> = sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut connection).unwrap();
        let costs: Vec<_> = plan.into_iter().map(|step| step.detail).filter(|detail| is_costly(detail)).collect();
        assert!(costs.is_empty(), "{statement}\n{costs:?}");
    }
}

fn is_costly(detail: &str) -> bool {
    if detail.starts_with("USE TEMP B-TREE") {
        return true;
    }
    let aliases = ["ended", "due", "over", "old"];
    let Some(table) = detail.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else { return false };
    BIG.iter().chain(&aliases).any(|big| *big == table)
}
