//! A PostgreSQL server of a test's own, which can be copied, killed and promoted.

use std::{path::PathBuf, process::Child};

use doorward_testkit::postgres::find_binaries;
use tempfile::TempDir;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::programs::{self, answers, free_port};

/// The name by which the primary waits for its standby.
const STANDBY: &str = "standby";

/// A server; it is killed with this value.
pub(crate) struct PostgresServer {
    child: Child,
    pub(crate) port: u16,
    folder: TempDir,
    binaries: PathBuf,
}

impl PostgresServer {
    /// A server with an empty database, or none where PostgreSQL is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let binaries = programs::or_untested(binaries(), "no PostgreSQL server with pg_basebackup is installed")?;
        let folder = programs::folder(&[]);
        let init = ["--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "-D", "data"];
        programs::run(&binaries.join("initdb"), &folder, &init);
        Some(Self::serve(binaries, folder).await)
    }

    /// A copy that follows the server, which from now on acknowledges no commit that the copy does not have.
    pub(crate) async fn synchronous_standby(&self) -> Self {
        let folder = programs::folder(&[]);
        let from = format!("host=127.0.0.1 port={} user=postgres", self.port);
        let copy = ["-D", "data", "-d", &from, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync"];
        programs::run(&self.binaries.join("pg_basebackup"), &folder, &copy);
        let standby = Self::serve(self.binaries.clone(), folder).await;
        self.select(&format!("ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")).await;
        self.select("SELECT pg_reload_conf()").await;
        while self.select("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").await.is_empty() {
            tokio::task::yield_now().await;
        }
        standby
    }

    /// The standby follows nobody any more, and takes writes.
    pub(crate) fn promote(&self) {
        programs::run(&self.binaries.join("pg_ctl"), &self.folder, &["promote", "-w", "-D", "data"]);
    }

    /// Ends the server as a loss of power would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The first column of the rows of a query.
    pub(crate) async fn select(&self, sql: &str) -> Vec<String> {
        let config = format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port);
        let (client, connection) = tokio_postgres::connect(&config, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await.unwrap();
        connection.abort();
        let value = |message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        messages.into_iter().filter_map(value).collect()
    }

    async fn serve(binaries: PathBuf, folder: TempDir) -> Self {
        let port = free_port();
        let settings = [
            format!("port={port}"),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            format!("cluster_name={STANDBY}"),
            "wal_level=replica".to_owned(),
            "hot_standby=on".to_owned(),
            "max_wal_senders=4".to_owned(),
            "shared_buffers=32MB".to_owned(),
            // The machine goes on when a server is killed.
            "fsync=off".to_owned(),
            "lc_messages=C".to_owned(),
        ];
        let arguments: Vec<_> = ["-D", "data"].into_iter().chain(settings.iter().flat_map(|set| ["-c", set])).collect();
        let child = programs::start(&binaries.join("postgres"), &folder, &arguments);
        answers(port).await;
        let server = Self { child, port, folder, binaries };
        while !server.is_up().await {
            tokio::task::yield_now().await;
        }
        server
    }

    async fn is_up(&self) -> bool {
        let config = format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port);
        tokio_postgres::connect(&config, NoTls).await.is_ok()
    }
}

/// Where all programs of the server are: those on the path may be links to a few of them.
fn binaries() -> Option<PathBuf> {
    let server = find_binaries()?.join("postgres").canonicalize().ok()?;
    let folder = server.parent()?.to_owned();
    folder.join("pg_basebackup").is_file().then_some(folder)
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
