use doorward_testkit::postgres::TestDatabase;
use tokio_postgres::{NoTls, Statement};

use super::ROWS;
use crate::measure::{Outcome, Work};

/// A client on a connection of its own, with a prepared statement.
pub(super) struct Direct {
    client: tokio_postgres::Client,
    statement: Statement,
    row: i32,
    times: usize,
}

impl Work for Direct {
    async fn once(&mut self) -> Outcome {
        for _ in 0..self.times {
            self.client.query(&self.statement, &[&self.row]).await.unwrap();
        }
        Ok(None)
    }
}

pub(super) async fn clients(database: &TestDatabase, count: usize, sql: &str, times: usize) -> Vec<Direct> {
    database.execute(&format!(
        "CREATE TABLE IF NOT EXISTS floor (id integer PRIMARY KEY, generation bigint NOT NULL); \
         INSERT INTO floor SELECT id, 0 FROM generate_series(0, {ROWS}) AS id ON CONFLICT DO NOTHING",
    ));
    let mut clients = Vec::with_capacity(count);
    for row in (0..ROWS).take(count) {
        let (client, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let statement = client.prepare(sql).await.unwrap();
        clients.push(Direct { client, statement, row, times });
    }
    clients
}
