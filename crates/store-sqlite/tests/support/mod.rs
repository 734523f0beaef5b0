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
    Stores { store: Arc::new(store.clone()), audit: Arc::new(audit::Events::of(store.path())) }
}

fn settings(directory: &TempDir) -> SqliteSettings {
    SqliteSettings {
        synchronous: Synchronous::Normal,
        ..SqliteSettings::new(directory.path().join("data/doorward.db"))
    }
}
