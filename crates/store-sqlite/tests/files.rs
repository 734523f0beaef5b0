//! The database's files: their modes, the journal, what a crash leaves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]
#![cfg(unix)]

mod support;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use doorward_app::keys::KeyEpochs;
use doorward_kernel::{AuditEvent, AuditKind, EpochId, KeyEpoch, StoreError, Timestamp};
use doorward_store_sqlite::SqliteStore;
use doorward_testkit::fixtures;

fn event(n: u32) -> AuditEvent {
    fixtures::audit(n, AuditKind::EpochAdded)
}

fn epoch(id: i32) -> KeyEpoch {
    KeyEpoch {
        id: EpochId(id),
        salt: [7; 32],
        root_check: None,
        not_before: Timestamp::from_micros(1),
        retired_at: None,
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn every_file_is_for_its_owner_alone() {
    let fresh = support::open().await;
    let directory = fresh.store.path().parent().unwrap().to_owned();

    let mut modes: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path())))
        .collect();
    modes.sort();

    let expected = ["doorward.db", "doorward.db-shm", "doorward.db-wal"].map(|name| (name.to_owned(), 0o600));
    assert_eq!((modes, mode(&directory)), (expected.to_vec(), 0o700));
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let fresh = support::open().await;
    fresh.store.add(epoch(1), event(1)).await.unwrap();
    fresh.store.close().await;

    let reopened = SqliteStore::open(fresh.settings()).unwrap();

    assert_eq!(reopened.list().await.unwrap(), [epoch(1)]);
}

#[tokio::test]
async fn closing_leaves_one_file_and_refuses_what_comes_later() {
    let fresh = support::open().await;
    fresh.store.add(epoch(1), event(1)).await.unwrap();

    fresh.store.close().await;

    let files = fs::read_dir(fresh.store.path().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1);
    assert!(matches!(fresh.store.list().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(fresh.store.add(epoch(2), event(2)).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let fresh = support::open().await;
    let other = SqliteStore::open(fresh.settings()).unwrap();

    fresh.store.add(epoch(1), event(1)).await.unwrap();
    other.add(epoch(2), event(2)).await.unwrap();

    assert_eq!(fresh.store.list().await.unwrap(), [epoch(1), epoch(2)]);
    assert_eq!(other.list().await.unwrap(), [epoch(1), epoch(2)]);
}

#[tokio::test]
async fn a_dropped_call_leaves_a_whole_step_and_a_store_that_goes_on() {
    let fresh = support::open().await;

    tokio::select! {
        biased;
        _ = fresh.store.add(epoch(1), event(1)) => {}
        () = std::future::ready(()) => {}
    }

    assert_eq!(fresh.store.add(epoch(2), event(2)).await.unwrap(), [epoch(1), epoch(2)]);
}
