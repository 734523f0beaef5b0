//! The schema's way up and down.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at once")]

use std::{collections::BTreeSet, fs, path::Path};

use diesel::Connection;
use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::MigrationHarness;
use doorward_store_postgres::{MIGRATIONS, MigrateError, PgSettings, migrate, schema_status};
use doorward_testkit::postgres::TestDatabase;

fn folders() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn revert(url: &str) {
    let url = url.to_owned();
    let revert = move || {
        let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::establish(&url).unwrap();
        connection.revert_all_migrations(MIGRATIONS).unwrap();
    };
    tokio::task::spawn_blocking(revert).await.unwrap();
}

#[tokio::test]
async fn migrations_go_up_down_and_up_again() {
    let database = TestDatabase::create(None);
    let names: Vec<_> = folders().into_iter().collect();

    let up = migrate(&PgSettings::new(database.url())).await.unwrap();
    let rest = migrate(&PgSettings::new(database.url())).await.unwrap();
    revert(database.url()).await;
    let again = migrate(&PgSettings::new(database.url())).await.unwrap();

    assert_eq!((up, rest, again), (names.clone(), vec![], names));
}

#[tokio::test]
async fn the_status_tells_what_is_missing() {
    let database = TestDatabase::create(None);

    let before = schema_status(&PgSettings::new(database.url())).await.unwrap().migrations;
    migrate(&PgSettings::new(database.url())).await.unwrap();
    let after = schema_status(&PgSettings::new(database.url())).await.unwrap().migrations;

    assert!(before.iter().all(|migration| !migration.is_applied) && after.iter().all(|migration| migration.is_applied));
    let names: BTreeSet<_> = after.into_iter().map(|migration| migration.name).collect();
    assert_eq!(names, folders());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_nodes_that_start_at_once_one_migrates() {
    let database = TestDatabase::create(None);

    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move { migrate(&PgSettings::new(&url)).await.unwrap().len() })
        })
        .collect();
    let mut applied = Vec::new();
    for node in nodes {
        applied.push(node.await.unwrap());
    }
    applied.sort_unstable();

    assert_eq!(applied, [0, 0, 0, folders().len()]);
}

#[tokio::test]
async fn a_database_elsewhere_is_not_migrated_without_tls() {
    let migrated = migrate(&PgSettings::new("postgres://db.example.com/doorward?sslmode=disable")).await;

    assert!(matches!(migrated, Err(MigrateError::Settings(_))));
}
