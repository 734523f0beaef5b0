//! The meter: processor time, writes and memory of the service and its database.

use std::{
    fmt,
    ops::Sub,
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio_postgres::NoTls;

use crate::{doorward::Doorward, process::Process};

/// Resources spent so far, between two readings, or each time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spent {
    #[serde(skip)]
    pub(crate) seconds: f64,
    /// CPU of all nodes.
    pub(crate) service_cpu_ms: f64,
    /// The resources of Postgres.
    pub(crate) postgres: Option<PostgresSpent>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PostgresSpent {
    pub(crate) cpu_ms: f64,
    /// `None` where the server has no `pg_stat_statements`.
    pub(crate) statements: Option<f64>,
    /// Transactions that wrote or locked something: those that were given a number.
    pub(crate) writes: f64,
}

/// Reads the books of the system and of Postgres.
pub(crate) struct Meter {
    begun: Instant,
    nodes: Vec<Process>,
    postgres: Option<Postgres>,
}

struct Postgres {
    client: tokio_postgres::Client,
    postmaster: Process,
    counts_statements: bool,
}

impl Meter {
    /// For the nodes, and for the Postgres at that URL.
    pub(crate) async fn new(nodes: &[Doorward], postgres: Option<&str>) -> Self {
        let nodes = nodes.iter().map(|node| Process::of(node.pid())).collect();
        let postgres = match postgres {
            Some(url) => Some(Postgres::at(url).await),
            None => None,
        };
        Self { begun: Instant::now(), nodes, postgres }
    }

    pub(crate) async fn read(&self) -> Spent {
        let postgres = match &self.postgres {
            Some(postgres) => Some(postgres.read().await),
            None => None,
        };
        let service_cpu_ms = milliseconds(self.nodes.iter().map(Process::cpu).sum());
        Spent { seconds: self.begun.elapsed().as_secs_f64(), service_cpu_ms, postgres }
    }

    /// The memory of the node that has the most, in megabytes.
    pub(crate) fn memory_mb(&self) -> u64 {
        self.nodes.iter().map(Process::memory_mb).max().unwrap_or_default()
    }
}

impl Postgres {
    async fn at(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        let postmaster = Process::parent_of(u32::try_from(pid).unwrap());
        let made = client.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await;
        let is_loaded = client.query("SELECT FROM pg_stat_statements LIMIT 1", &[]).await.is_ok();
        Self { client, postmaster, counts_statements: made.is_ok() && is_loaded }
    }

    async fn read(&self) -> PostgresSpent {
        const STATEMENTS: &str = "SELECT coalesce(sum(calls), 0)::float8 FROM pg_stat_statements \
            JOIN pg_database ON oid = dbid WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%'";
        const WRITES: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::float8";
        let number = async |sql| self.client.query_one(sql, &[]).await.unwrap().get(0);
        let statements = if self.counts_statements { Some(number(STATEMENTS).await) } else { None };
        let cpu_ms = milliseconds(self.postmaster.family_cpu());
        PostgresSpent { cpu_ms, statements, writes: number(WRITES).await }
    }
}

impl Spent {
    /// Divides by the number of runs, without what is spent all the time.
    pub(crate) fn each(self, idle_per_second: Self, times: usize) -> Self {
        let caused = self.with(idle_per_second, |all, idle| f64::max(all - idle * self.seconds, 0.0));
        caused.shared_out(times as f64)
    }

    pub(crate) fn per_second(self) -> Self {
        self.shared_out(self.seconds)
    }

    fn shared_out(self, times: f64) -> Self {
        self.with(self, |all, _| all / times)
    }

    fn with(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        let postgres = self.postgres.zip(other.postgres).map(|(one, other)| PostgresSpent {
            cpu_ms: combine(one.cpu_ms, other.cpu_ms),
            statements: one.statements.zip(other.statements).map(|(one, other)| combine(one, other)),
            writes: combine(one.writes, other.writes),
        });
        let service_cpu_ms = combine(self.service_cpu_ms, other.service_cpu_ms);
        Self { seconds: combine(self.seconds, other.seconds), service_cpu_ms, postgres }
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        self.with(earlier, |now, earlier| now - earlier)
    }
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ms CPU", self.service_cpu_ms)?;
        if let Some(PostgresSpent { cpu_ms, statements, writes }) = self.postgres {
            write!(f, " + {cpu_ms:.2} of Postgres")?;
            if let Some(statements) = statements {
                write!(f, ", {statements:.1} statements")?;
            }
            write!(f, ", {writes:.1} that write")?;
        }
        Ok(())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
