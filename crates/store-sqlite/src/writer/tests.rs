use std::{sync::mpsc, time::Duration};

use diesel::{
    QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    result::Error,
    sql_query,
    sql_types::{BigInt, Text},
};
use doorward_kernel::StoreError;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{Halt, StepResult, Writer};
use crate::{SqliteSettings, Synchronous, connection};

struct Fixture {
    directory: TempDir,
    writer: Writer,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut connection = connect(&directory);
        connection.batch_execute("CREATE TABLE notes (text TEXT NOT NULL)").unwrap();
        let writer = Writer::start(connection, 128).unwrap();
        Self { directory, writer }
    }

    fn notes(&self) -> i64 {
        count(&mut connect(&self.directory)).unwrap()
    }

    /// Keeps the writer busy until the gate is opened, so that what is submitted meanwhile shares a batch.
    fn block(&self) -> Gate {
        let (started, has_started) = mpsc::channel();
        let (gate, opened) = mpsc::channel::<()>();
        let wait = move |_: &mut SqliteConnection| {
            started.send(()).unwrap();
            let _ = opened.recv();
            Ok(())
        };
        let answer = self.writer.submit(wait).unwrap();
        has_started.recv().unwrap();
        Gate { gate, answer }
    }
}

struct Gate {
    gate: mpsc::Sender<()>,
    answer: oneshot::Receiver<Result<(), StoreError>>,
}

impl Gate {
    async fn open(self) {
        drop(self.gate);
        self.answer.await.unwrap().unwrap();
    }
}

fn connect(directory: &TempDir) -> SqliteConnection {
    let path = directory.path().join("test.db");
    let settings = SqliteSettings {
        synchronous: Synchronous::Normal,
        busy_timeout: Duration::from_millis(8),
        ..SqliteSettings::new(&path)
    };
    connection::open_writer(&path, &settings).unwrap()
}

fn count(connection: &mut SqliteConnection) -> Result<i64, Error> {
    let row: Count = sql_query("SELECT count(*) AS count FROM notes").get_result(connection)?;
    Ok(row.count)
}

fn note(connection: &mut SqliteConnection) -> StepResult<i64> {
    sql_query("INSERT INTO notes VALUES (?)").bind::<Text, _>("x").execute(connection)?;
    Ok(count(connection)?)
}

fn note_and_fail(connection: &mut SqliteConnection) -> StepResult<i64> {
    note(connection)?;
    Err(Halt::Failed(Error::NotFound))
}

fn note_and_panic(connection: &mut SqliteConnection) -> StepResult<i64> {
    note(connection)?;
    panic!("a step may panic");
}

fn note_and_lose(connection: &mut SqliteConnection) -> StepResult<i64> {
    note(connection)?;
    Err(Halt::conflict(-1))
}

#[tokio::test]
async fn writes_that_wait_together_share_a_commit() {
    let fixture = Fixture::new();
    let gate = fixture.block();
    let answers: Vec<_> = (0..64).map(|_| fixture.writer.submit(note).unwrap()).collect();

    gate.open().await;
    for (at, answer) in (1..).zip(answers) {
        assert_eq!(answer.await.unwrap().unwrap(), at);
    }

    assert_eq!((fixture.notes(), fixture.writer.commits()), (64, 2));
}

#[tokio::test]
async fn a_step_that_fails_or_panics_leaves_the_others_of_its_batch_committed() {
    let fixture = Fixture::new();
    let gate = fixture.block();
    let before = fixture.writer.submit(note).unwrap();
    let failing = fixture.writer.submit(note_and_fail).unwrap();
    let panicking = fixture.writer.submit(note_and_panic).unwrap();
    let after = fixture.writer.submit(note).unwrap();

    gate.open().await;

    assert!(matches!(failing.await.unwrap(), Err(StoreError::Failed(_))));
    assert!(matches!(panicking.await.unwrap(), Err(StoreError::Failed(_))));
    assert_eq!((before.await.unwrap().unwrap(), after.await.unwrap().unwrap()), (1, 2));
    assert_eq!((fixture.notes(), fixture.writer.commits()), (2, 2));
}

#[tokio::test]
async fn a_lost_race_is_answered_and_undone() {
    let fixture = Fixture::new();

    let outcome = fixture.writer.write(note_and_lose).await.unwrap();

    assert_eq!((outcome, fixture.notes()), (-1, 0));
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_undo_its_step() {
    let fixture = Fixture::new();
    let gate = fixture.block();
    drop(fixture.writer.submit(note).unwrap());

    gate.open().await;

    assert_eq!(fixture.writer.write(note).await.unwrap(), 2);
}

#[tokio::test]
async fn a_commit_that_fails_fails_the_whole_batch_and_nothing_after_it() {
    let fixture = Fixture::new();
    let schema = "CREATE TABLE children (note INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED); \
                  CREATE TABLE parents (id INTEGER PRIMARY KEY)";
    connect(&fixture.directory).batch_execute(schema).unwrap();
    let gate = fixture.block();
    let innocent = fixture.writer.submit(note).unwrap();
    let orphan = fixture.writer.submit(|connection: &mut SqliteConnection| -> StepResult<()> {
        Ok(connection.batch_execute("INSERT INTO children VALUES (1)")?)
    });

    gate.open().await;

    assert!(innocent.await.unwrap().is_err());
    assert!(orphan.unwrap().await.unwrap().is_err());
    assert_eq!(fixture.writer.write(note).await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_disk_makes_its_batch_unavailable_and_passes() {
    let fixture = Fixture::new();
    let fill = |connection: &mut SqliteConnection| -> StepResult<()> {
        connection.batch_execute("PRAGMA max_page_count = 4")?;
        sql_query("INSERT INTO notes VALUES (hex(zeroblob(1000000)))").execute(connection)?;
        Ok(())
    };
    let gate = fixture.block();
    let before = fixture.writer.submit(note).unwrap();
    let too_much = fixture.writer.submit(fill).unwrap();
    let after = fixture.writer.submit(note).unwrap();

    gate.open().await;

    for outcome in [before.await.unwrap().map(drop), too_much.await.unwrap(), after.await.unwrap().map(drop)] {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    }
    assert_eq!(fixture.writer.write(note).await.unwrap(), 1);
}

#[tokio::test]
async fn a_lock_that_another_process_keeps_is_unavailable_until_it_goes() {
    let fixture = Fixture::new();
    let mut other = connect(&fixture.directory);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let refused = fixture.writer.write(note).await;
    other.batch_execute("COMMIT").unwrap();

    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(fixture.writer.write(note).await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_queue_is_unavailable() {
    let directory = tempfile::tempdir().unwrap();
    let writer = Writer::start(connect(&directory), 1).unwrap();
    let fixture = Fixture { directory, writer };
    let gate = fixture.block();
    let waiting = fixture.writer.submit(|_| Ok(())).unwrap();

    let refused = fixture.writer.write(|_| Ok(())).await;
    gate.open().await;

    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn closing_does_what_waits_and_takes_no_more() {
    let fixture = Fixture::new();
    let waiting = fixture.writer.submit(note).unwrap();

    fixture.writer.close().await;

    assert_eq!(waiting.await.unwrap().unwrap(), 1);
    assert!(matches!(fixture.writer.write(note).await, Err(StoreError::Unavailable(_))));
}
