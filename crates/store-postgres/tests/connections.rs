//! Calls over broken connections and servers that fail.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail at once")]

mod support;

use std::net::TcpListener;

use doorward_app::{
    keys::KeyEpochs,
    operator::{Accounts, StatusOutcome},
};
use doorward_kernel::{AuditEvent, AuditKind, EpochId, KeyEpoch, StoreError};
use doorward_store_postgres::{MigrateError, PgSettings, PgSettingsError, PgStore, schema_status};
use doorward_testkit::fixtures::{at, audit, now};
use doorward_user::UserStatus;
use support::{Fresh, client, somebody_waits};

/// Ends every connection but the one that asks.
const KILL: &str = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'doorward'";

fn event(n: u32) -> AuditEvent {
    audit(n, AuditKind::EpochAdded)
}

fn epoch(id: i32) -> KeyEpoch {
    KeyEpoch { id: EpochId(id), salt: [7; 32], root_check: None, not_before: now(), retired_at: Some(at(1)) }
}

#[tokio::test]
async fn a_killed_backend_is_replaced() {
    let fresh = Fresh::open();
    fresh.store.add(epoch(2), event(2)).await.unwrap();

    fresh.database.execute(KILL);

    assert_eq!(fresh.store.list().await.unwrap(), [epoch(2)]);
    assert_eq!(fresh.store.add(epoch(1), event(1)).await.unwrap(), [epoch(1), epoch(2)]);
}

#[tokio::test]
async fn a_step_whose_backend_is_killed_is_undone_and_told_to_be_an_outage() {
    let fresh = Fresh::open_pool(2, &["lock_timeout=60s", "statement_timeout=60s"]);
    let user = support::register(&support::stores(&fresh), 1).await;
    let (holder, watcher) = (client(&fresh.database).await, client(&fresh.database).await);
    holder.batch_execute("BEGIN; SELECT id FROM users FOR UPDATE").await.unwrap();
    let (store, disable) = (fresh.store.clone(), UserStatus::Disabled);
    let closing =
        tokio::spawn(async move { store.set_status(user.id, disable, at(1), audit(1, AuditKind::UserDisabled)).await });
    somebody_waits(&watcher).await;

    watcher.batch_execute(KILL).await.unwrap();
    let closed = closing.await.unwrap();
    holder.batch_execute("ROLLBACK").await.unwrap();

    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
    let again = fresh.store.set_status(user.id, disable, at(1), audit(1, AuditKind::UserDisabled)).await;
    assert_eq!(again.unwrap(), StatusOutcome::Changed);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_outage() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://nobody@127.0.0.1:{port}/nothing");
    let store = PgStore::new(&PgSettings::new(&url)).unwrap();

    let listed = store.list().await;

    assert!(matches!(listed, Err(StoreError::Unavailable(_))), "{listed:?}");
}

/// Lets sessions that begin from now on take writes, or not.
fn set_read_only(fresh: &Fresh, value: &str) {
    fresh.database.execute(&format!(
        "BEGIN READ WRITE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {value}', \
         current_database()); END $$; COMMIT"
    ));
}

#[tokio::test]
async fn connections_to_a_server_that_takes_no_writes_are_given_up() {
    let fresh = Fresh::open();
    let store = PgStore::new(&PgSettings::new(&fresh.any_server())).unwrap();
    set_read_only(&fresh, "on");

    let refused = store.add(epoch(1), event(1)).await;
    set_read_only(&fresh, "off");
    let taken = store.add(epoch(1), event(1)).await;

    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(taken.unwrap(), [epoch(1)]);
}

#[tokio::test]
async fn a_server_that_takes_no_writes_says_so_and_is_left() {
    let fresh = Fresh::open();
    let store = PgStore::new(&PgSettings::new(&fresh.any_server())).unwrap();
    set_read_only(&fresh, "on");

    let while_standby = store.is_writable().await.unwrap();
    set_read_only(&fresh, "off");
    let after = store.is_writable().await.unwrap();

    assert_eq!((while_standby, after), (false, true));
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused_by_name() {
    let fresh = Fresh::open();
    let url = fresh.database.url();
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (server, name) = address.rsplit_once('/').unwrap();
    let drop = format!("DROP DATABASE IF EXISTS {name}_latin1");
    fresh.database.execute(&drop);
    fresh.database.execute(&format!(
        "CREATE DATABASE {name}_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ));

    let settings = PgSettings::new(&format!("{server}/{name}_latin1?{parameters}"));
    let refused = schema_status(&settings).await;
    fresh.database.execute(&drop);

    let Err(MigrateError::Connection(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.to_string().starts_with("the database's encoding is LATIN1 and must be UTF8"), "{reason}");
}

#[tokio::test]
async fn a_missing_schema_is_a_failure() {
    let fresh = Fresh::open();
    fresh.database.execute("DROP TABLE key_epochs");

    let listed = fresh.store.list().await;

    assert!(matches!(listed, Err(StoreError::Failed(_))), "{listed:?}");
}

#[tokio::test]
async fn what_none_of_us_wrote_is_a_failure() {
    let fresh = Fresh::open();
    let stores = support::stores(&fresh);
    let user = support::register(&stores, 1).await;
    fresh.database.execute("UPDATE users SET locale = 'tlh'");

    let found = stores.users().find_by_email(&user.email).await;

    assert!(matches!(found, Err(StoreError::Failed(_))), "{found:?}");
}

#[tokio::test]
async fn the_database_tells_its_time() {
    let fresh = Fresh::open();

    let (first, second) = (fresh.store.database_now().await.unwrap(), fresh.store.database_now().await.unwrap());

    assert!(now() < first && first <= second);
}

#[tokio::test]
async fn an_empty_pool_is_refused() {
    let settings = PgSettings { pool_size: 0, ..PgSettings::new("postgres://localhost/doorward") };

    assert!(matches!(PgStore::new(&settings), Err(PgSettingsError::Pool)));
}
