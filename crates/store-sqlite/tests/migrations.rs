//! The schema is made, told of and taken back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

mod support;

use std::{collections::BTreeSet, fs, io, path::Path};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types::Text,
};
use diesel_migrations::MigrationHarness;
use doorward_store_sqlite::{MIGRATIONS, SqliteStore};

/// The migrations of the repository, oldest first.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let names: BTreeSet<_> = fs::read_dir(folder).unwrap().map(name).collect();
    names.into_iter().collect()
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    sql: String,
}

fn tables(connection: &mut SqliteConnection) -> Vec<String> {
    let query = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    sql_query(query).load::<Table>(connection).unwrap().into_iter().map(|table| table.sql).collect()
}

fn connect(store: &SqliteStore) -> SqliteConnection {
    SqliteConnection::establish(store.path().to_str().unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_missing_is_applied_once() {
    let fresh = support::open().await;

    let again = fresh.store.migrate().await.unwrap();
    let status = fresh.store.schema_status().await.unwrap().migrations;

    assert_eq!(again, Vec::<String>::new());
    assert!(status.iter().all(|step| step.is_applied));
    assert_eq!(status.into_iter().map(|step| step.name).collect::<Vec<_>>(), names());
}

#[tokio::test]
async fn of_processes_that_start_at_once_one_migrates() {
    let fresh = support::open().await;
    connect(&fresh.store).revert_all_migrations(MIGRATIONS).unwrap();
    let stores = [(); 4].map(|()| SqliteStore::open(fresh.settings()).unwrap());

    let mut tasks = tokio::task::JoinSet::new();
    for store in stores {
        tasks.spawn(async move { store.migrate().await.unwrap().len() });
    }
    let mut applied = tasks.join_all().await;
    applied.sort_unstable();

    assert_eq!(applied, [0, 0, 0, names().len()]);
}

#[tokio::test]
async fn every_migration_can_be_taken_back_and_applied_again() {
    let fresh = support::open().await;
    let mut connection = connect(&fresh.store);
    let before = tables(&mut connection);

    connection.revert_all_migrations(MIGRATIONS).unwrap();
    let reverted = tables(&mut connection);
    let applied = fresh.store.migrate().await.unwrap();

    assert_eq!((reverted.len(), applied.len()), (0, names().len()));
    assert_eq!(tables(&mut connection), before);
}

#[tokio::test]
async fn every_table_is_strict() {
    let fresh = support::open().await;

    let tables = tables(&mut connect(&fresh.store));

    let loose: Vec<_> = tables.iter().filter(|sql| !sql.contains("STRICT")).collect();
    assert!(!tables.is_empty());
    assert_eq!(loose, Vec::<&String>::new());
}

#[tokio::test]
async fn a_row_the_domain_does_not_know_is_refused() {
    let fresh = support::open().await;
    let mut connection = connect(&fresh.store);
    let epoch = |salt: &str| format!("INSERT INTO key_epochs (id, salt, not_before) VALUES (1, {salt}, 0)");

    assert!(connection.batch_execute(&epoch("x'00'")).is_err());
    assert!(connection.batch_execute(&epoch("zeroblob(32)")).is_ok());
}
