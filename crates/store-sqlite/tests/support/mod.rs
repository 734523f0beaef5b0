//! A fresh store for every test, watched for statements that no key answers.

#![allow(dead_code, reason = "every test file takes what it needs")]

mod audit;
mod plans;

use std::sync::Arc;

use doorward_store_sqlite::{SqliteSettings, SqliteStore, Synchronous};
use doorward_testkit::Stores;
use tempfile::TempDir;

/// A store on a file of its own.
pub(crate) struct Fresh {
    pub(crate) store: SqliteStore,
    directory: TempDir,
}

impl Fresh {
    pub(crate) fn settings(&self) -> SqliteSettings {
        settings(&self.directory)
    }
}

impl Drop for Fresh {
    /// Looks at the plans of all that the test has asked.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            plans::check(self.store.path());
        }
    }
}

/// Opens and migrates a store on a new file.
pub(crate) async fn open() -> Fresh {
    plans::watch();
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(settings(&directory)).unwrap();
    store.migrate().await.unwrap();
    Fresh { store, directory }
}

/// The ports of a fresh store, for the conformance suite.
pub(crate) async fn fresh() -> (Stores, Fresh) {
    let fresh = open().await;
    (stores(&fresh.store), fresh)
}

pub(crate) fn stores(store: &SqliteStore) -> Stores {
    let audit = Arc::new(audit::Events::of(store.path()));
    let store = Arc::new(store.clone());
    Stores {
        store: store.clone(),
        users: store.clone(),
        challenges: store.clone(),
        sessions: store.clone(),
        outbox: store.clone(),
        epochs: store.clone(),
        flows: store.clone(),
        registrations: store.clone(),
        phone_logins: store.clone(),
        profiles: store.clone(),
        session_lookup: store.clone(),
        accounts: store.clone(),
        epoch_uses: store.clone(),
        sealed_verifiers: store.clone(),
        resource_servers: store.clone(),
        step_ups: store.clone(),
        password_logins: store.clone(),
        recoveries: store.clone(),
        undos: store.clone(),
        claims: store.clone(),
        bindings: store.clone(),
        pending_authenticators: store.clone(),
        buckets: store.clone(),
        sms_switch: store.clone(),
        incidents: store.clone(),
        lockouts: store.clone(),
        check_counts: store.clone(),
        conversion_breakers: store.clone(),
        imports: store.clone(),
        authenticators: store.clone(),
        sealed_seeds: store.clone(),
        audit_events: store,
        audit,
    }
}

fn settings(directory: &TempDir) -> SqliteSettings {
    SqliteSettings {
        synchronous: Synchronous::Normal,
        ..SqliteSettings::new(directory.path().join("data/doorward.db"))
    }
}
