//! What the service and its database spend.

use std::{ops::Sub, time::Duration};

use tokio_postgres::NoTls;

use crate::{doorward::Doorward, process::Process};

/// What has been spent so far, or between two readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// CPU of all nodes.
    pub(crate) service: Duration,
    /// What Postgres spends beside them.
    pub(crate) postgres: Option<PostgresSpent>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PostgresSpent {
    pub(crate) cpu: Duration,
    /// `None` where the server has no `pg_stat_statements`.
    pub(crate) statements: Option<i64>,
    /// Transactions that wrote or locked something: those that were given a number.
    pub(crate) writes: i64,
}

/// Reads the books of the system and of Postgres.
pub(crate) struct Meter {
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
        Self { nodes, postgres }
    }

    pub(crate) async fn read(&self) -> Spent {
        let postgres = match &self.postgres {
            Some(postgres) => Some(postgres.read().await),
            None => None,
        };
        Spent { service: self.nodes.iter().map(Process::cpu).sum(), postgres }
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
        const STATEMENTS: &str = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements \
            JOIN pg_database ON oid = dbid WHERE datname = current_database() AND query NOT LIKE '%pg_stat_statements%'";
        const WRITES: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        let number = async |sql| self.client.query_one(sql, &[]).await.unwrap().get(0);
        let statements = if self.counts_statements { Some(number(STATEMENTS).await) } else { None };
        PostgresSpent { cpu: self.postmaster.family_cpu(), statements, writes: number(WRITES).await }
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        let between = |now: PostgresSpent, earlier: PostgresSpent| PostgresSpent {
            cpu: now.cpu.saturating_sub(earlier.cpu),
            statements: now.statements.zip(earlier.statements).map(|(now, earlier)| now - earlier),
            writes: now.writes - earlier.writes,
        };
        Self {
            service: self.service.saturating_sub(earlier.service),
            postgres: self.postgres.zip(earlier.postgres).map(|(now, earlier)| between(now, earlier)),
        }
    }
}
