//! The harness that gives tests a real PostgreSQL.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking, and runs itself")]

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use doorward_testkit::postgres::{Template, TestDatabase};
use tokio::runtime::Handle;
use tokio_postgres::NoTls;

async fn query(url: &str, sql: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, other) = (TestDatabase::create(None), TestDatabase::create(None));

    one.execute("CREATE TABLE thing (id int)");

    let sql = "SELECT count(*)::text FROM pg_tables WHERE tablename = 'thing'";
    assert_eq!((query(one.url(), sql).await, query(other.url(), sql).await), ("1".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn a_template_may_use_the_runtime_and_every_database_is_as_it_left_it() {
    static FILLED: AtomicU32 = AtomicU32::new(0);
    static TEMPLATE: Template = Template::new(|url| {
        FILLED.fetch_add(1, Ordering::Relaxed);
        let sql = "CREATE TABLE thing AS SELECT 'copied' AS word";
        Handle::current().block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap();
        });
    });

    let databases = [TestDatabase::create(Some(&TEMPLATE)), TestDatabase::create(Some(&TEMPLATE))];

    for database in &databases {
        assert_eq!(query(database.url(), "SELECT word FROM thing").await, "copied");
    }
    let is_private = env::var("DOORWARD_TEST_DATABASE_URL").is_err();
    assert!(!is_private || FILLED.load(Ordering::Relaxed) == 1);
}

#[tokio::test]
async fn a_dropped_database_is_gone_even_while_somebody_is_connected() {
    let (kept, dropped) = (TestDatabase::create(None), TestDatabase::create(None));
    let (_client, connection) = tokio_postgres::connect(dropped.url(), NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let name = query(dropped.url(), "SELECT current_database()::text").await;

    drop(dropped);

    assert!(connection.await.unwrap().is_err());
    let sql = format!("SELECT count(*)::text FROM pg_database WHERE datname = '{name}'");
    assert_eq!(query(kept.url(), &sql).await, "0");
}

#[test]
fn a_dump_shows_texts_and_bytes_of_every_table() {
    let database = TestDatabase::create(None);
    database.execute("CREATE TABLE one (id int, word text); INSERT INTO one VALUES (1, 'first'), (2, NULL)");
    database.execute(r#"CREATE TABLE "Two" (a bytea, b bytea); INSERT INTO "Two" VALUES ('second', NULL)"#);

    assert_eq!(
        database.dump(),
        "public.\"Two\" (\"\\\\x7365636f6e64\",) second\npublic.one (1,first)\npublic.one (2,)\n"
    );
}

/// Runs itself a second time and kills that process, which has started a server.
#[test]
fn the_server_and_its_folder_go_when_the_process_is_killed() {
    const IS_CHILD: &str = "DOORWARD_TEST_IS_CHILD";
    if env::var_os(IS_CHILD).is_some() {
        let database = TestDatabase::create(None);
        eprintln!("\n{}", database.url());
        loop {
            thread::park();
        }
    }
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_server_and_its_folder_go_when_the_process_is_killed", "--nocapture"])
        .env(IS_CHILD, "")
        .env_remove("DOORWARD_TEST_DATABASE_URL")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let url = lines.map(Result::unwrap).find(|line| line.starts_with("postgres://")).unwrap();
    let folder = Path::new(url.split(['=', '&']).nth(1).unwrap());
    assert!(folder.is_dir());

    child.kill().unwrap();
    child.wait().unwrap();

    // Nobody but the server's keeper knows when it is done.
    while folder.exists() {
        thread::sleep(Duration::from_millis(5));
    }
}
