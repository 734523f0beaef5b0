use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// A statement that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its text, as the server got it.
    pub sql: String,
    /// The transaction it belongs to; statements of one number were committed or rolled back together.
    pub transaction: u64,
}

/// The statements of all connections, in the order in which they went through.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<Kept>);

#[derive(Debug, Default)]
struct Kept {
    pages: Mutex<Pages>,
    grown: Notify,
}

#[derive(Debug, Default)]
struct Pages {
    statements: Vec<Recorded>,
    transactions: u64,
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Connection {
    journal: Journal,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The texts of prepared statements, by their names.
    prepared: HashMap<String, String>,
    /// The statement that is bound to the portal.
    bound: String,
    /// The number of the transaction that is open.
    transaction: Option<u64>,
}

impl Journal {
    pub(super) fn connection(&self) -> Connection {
        Connection { journal: self.clone(), state: Mutex::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.lock().statements.len()
    }

    pub(super) fn since(&self, mark: usize) -> Vec<Recorded> {
        self.lock().statements.get(mark..).unwrap_or_default().to_vec()
    }

    pub(super) async fn wait_until(&self, is_there: impl Fn() -> bool) {
        loop {
            let grown = self.0.grown.notified();
            if is_there() {
                return;
            }
            grown.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) fn prepared(&self, name: String, sql: String) {
        self.lock().prepared.insert(name, sql);
    }

    pub(super) fn bound(&self, name: &str) {
        let mut state = self.lock();
        state.bound = state.prepared.get(name).cloned().unwrap_or_default();
    }

    /// Records what is bound.
    pub(super) fn executed(&self) {
        let sql = self.lock().bound.clone();
        self.record(sql);
    }

    pub(super) fn record(&self, sql: String) {
        let mut state = self.lock();
        let mut pages = self.journal.lock();
        let transaction = *state.transaction.get_or_insert_with(|| {
            pages.transactions += 1;
            pages.transactions
        });
        pages.statements.push(Recorded { sql, transaction });
        drop(pages);
        self.journal.0.grown.notify_waiters();
    }

    /// Notes that no transaction is open any more.
    pub(super) fn idle(&self) {
        self.lock().transaction = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
