use std::{
    path::Path,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{READ, ROWS};
use crate::measure::Measured;

/// Clients of a database in the folder that has the settings of the service's, each on a thread and a connection of
/// its own, with a prepared statement; they write one at a time, as the service does.
pub(super) fn measure(folder: &Path, clients: usize, sql: &str, times: usize, time: Duration) -> Measured {
    let file = folder.join("floor.db");
    fill(&file);
    let turn = Mutex::new(());
    let begun = Instant::now();
    let client = |row: i32| {
        let connection = open(&file);
        let mut statement = connection.prepare(sql).unwrap();
        let mut latencies = Vec::new();
        while begun.elapsed() < time {
            let call = Instant::now();
            for _ in 0..times {
                let _turn = (sql != READ).then(|| turn.lock().unwrap());
                let mut rows = statement.query([row]).unwrap();
                // What is written is on the disk once there are no more rows.
                while rows.next().unwrap().is_some() {}
            }
            latencies.push((call.elapsed(), Ok(None)));
        }
        latencies
    };
    let latencies = thread::scope(|scope| {
        let clients: Vec<_> = (0..ROWS).take(clients).map(|row| scope.spawn(move || client(row))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    Measured::new(&latencies, begun.elapsed())
}

fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").unwrap();
    connection
}

fn fill(file: &Path) {
    let table = format!(
        "CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL); \
         INSERT OR IGNORE INTO floor WITH RECURSIVE rows (id) AS \
            (SELECT 0 UNION ALL SELECT id + 1 FROM rows WHERE id < {ROWS}) SELECT id, 0 FROM rows"
    );
    open(file).execute_batch(&table).unwrap();
}
