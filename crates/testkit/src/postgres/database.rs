use std::{fmt::Write, sync::OnceLock};

use tokio_postgres::{Error, SimpleQueryMessage, SimpleQueryRow};
use url::Url;
use uuid::Uuid;

use super::{admin, cluster::Cluster};

/// The template of the databases of tests: filled once in a process, then copied.
#[derive(Debug)]
pub struct Template {
    migrate: fn(&str),
    name: OnceLock<String>,
}

/// A database of one test; it is dropped with this value, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl Template {
    /// A template that `migrate` fills, given the URL of an empty database.
    ///
    /// It runs on a thread of its own inside a Tokio runtime, so it may block, and may run
    /// futures by `tokio::runtime::Handle::current().block_on(…)`.
    pub const fn new(migrate: fn(&str)) -> Self {
        Self { migrate, name: OnceLock::new() }
    }

    fn fill(&self, url: &str) {
        let (migrate, url) = (self.migrate, url.to_owned());
        admin::block_on_thread(move || migrate(&url));
    }

    /// Its name as a database; `None` where a copy would outlive this process.
    fn name(&self, cluster: &Cluster) -> Option<&str> {
        let make = || {
            let name = fresh_name();
            execute(cluster.url(), format!("CREATE DATABASE {name}"));
            self.fill(&url_of(cluster, &name));
            name
        };
        cluster.is_private().then(|| self.name.get_or_init(make).as_str())
    }
}

impl TestDatabase {
    /// A fresh database, empty or as the template has it.
    ///
    /// Blocks the thread; it may be called from asynchronous tests.
    pub fn create(template: Option<&Template>) -> Self {
        let cluster = Cluster::shared();
        let copied = template.and_then(|template| template.name(cluster));
        let name = fresh_name();
        let source = copied.unwrap_or("template1");
        execute(cluster.url(), format!("CREATE DATABASE {name} TEMPLATE {source}"));
        let database = Self { url: url_of(cluster, &name), name };
        if let (Some(template), None) = (template, copied) {
            template.fill(&database.url);
        }
        database
    }

    /// Returns its `postgres://` URL, without TLS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the connections of all others, and returns once they are gone.
    pub fn disconnect(&self) {
        execute(Cluster::shared().url(), disconnect(&self.name));
    }

    /// Runs one or more statements, separated by semicolons.
    pub fn execute(&self, sql: &str) {
        execute(&self.url, sql.to_owned());
    }

    /// The rows of a query, every value as text; a null is empty.
    pub fn select(&self, sql: &str) -> Vec<Vec<String>> {
        let (url, sql) = (self.url.clone(), sql.to_owned());
        admin::block_on(async move { select(&url, &sql).await.unwrap_or_else(|error| panic!("no rows: {error:?}")) })
    }

    /// Every row of every table as text, to search for what must not be at rest.
    ///
    /// Bytes are there twice: in hexadecimal, and as the ASCII text they may be.
    pub fn dump(&self) -> String {
        let url = self.url.clone();
        admin::block_on(async move { dump(&url).await.unwrap_or_else(|error| panic!("no dump: {error:?}")) })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // What a test says matters more than what it leaves behind.
        let _ = admin::execute(Cluster::shared().url(), disconnect(&self.name));
        let _ = admin::execute(Cluster::shared().url(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// The statement that ends all connections to the database, and asks every millisecond whether they are gone.
///
/// The server's own ways to wait, `pg_terminate_backend` with a time and `DROP DATABASE` by force, ask every
/// 100 ms, the first for one connection after the other.
fn disconnect(name: &str) -> String {
    format!(
        "DO $$ BEGIN FOR i IN 1..5000 LOOP \
            PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = '{name}' AND backend_type = 'client backend'; \
            EXIT WHEN NOT FOUND; \
            PERFORM pg_sleep(0.001), pg_stat_clear_snapshot(); \
        END LOOP; END $$"
    )
}

fn execute(url: &str, sql: String) {
    if let Err(error) = admin::execute(url, sql) {
        panic!("the test database refused: {error:?}");
    }
}

#[allow(clippy::disallowed_methods, reason = "the name of a database is no id of ours")]
fn fresh_name() -> String {
    format!("doorward_test_{}", Uuid::now_v7().simple())
}

fn url_of(cluster: &Cluster, name: &str) -> String {
    let mut url = Url::parse(cluster.url()).expect("DOORWARD_TEST_DATABASE_URL must be a postgres:// URL");
    url.set_path(name);
    url.into()
}

/// Each table's name, and an expression for the text of all its bytes.
const TABLES: &str = "SELECT format('%I.%I', table_schema, table_name), format('concat_ws('' '', ''''%s)', ( \
        SELECT string_agg(format(', encode(row_.%I, ''escape'')', column_name), '') \
        FROM information_schema.columns c WHERE data_type = 'bytea' \
        AND (c.table_schema, c.table_name) = (t.table_schema, t.table_name))) \
    FROM information_schema.tables t WHERE table_type = 'BASE TABLE' \
    AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";

async fn select(url: &str, sql: &str) -> Result<Vec<Vec<String>>, Error> {
    let messages = admin::connect(url).await?.simple_query(sql).await?;
    let values = |row: &SimpleQueryRow| (0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect();
    Ok(messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(values(row)),
            _ => None,
        })
        .collect())
}

async fn dump(url: &str) -> Result<String, Error> {
    let client = admin::connect(url).await?;
    let mut dump = String::new();
    for table in client.query(TABLES, &[]).await? {
        let (name, bytes): (String, String) = (table.get(0), table.get(1));
        let rows = client.query(&format!("SELECT row_::text, {bytes} FROM {name} AS row_"), &[]).await?;
        for row in rows {
            let (row, bytes): (String, String) = (row.get(0), row.get(1));
            let _ = writeln!(dump, "{name} {row}{bytes}");
        }
    }
    Ok(dump)
}
