//! PgBouncer between the service and its database, in either of its modes.

use std::{process::Child, sync::Arc};

use doorward_testkit::postgres::TestDatabase;
use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;
use url::Url;

use crate::{
    client::{Client, texted},
    doorward::{Engine, World},
    programs::{self, answers, free_port},
};

const EMAIL: &str = "ada@example.com";
const PHONE: &str = "+14155552671";

/// The docs' own settings of PgBouncer.
const RECIPE: &str = include_str!("../../../../docs/database.md");

/// A pooler before a database; it ends with this value.
pub(crate) struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// The pooler with a few connections to the server, which many clients then share.
    async fn start(database: &TestDatabase, mode: &str) -> Option<Self> {
        Self::start_with(database, mode, "auth_type = any", &[]).await
    }

    /// The same, which lets in who those settings let in.
    pub(crate) async fn start_with(
        database: &TestDatabase,
        mode: &str,
        who: &str,
        files: &[(&str, &str)],
    ) -> Option<Self> {
        let program = programs::find("pgbouncer")?;
        let port = free_port();
        let settings = format!(
            "{}\n[pgbouncer]\n{}\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n{who}\n",
            route(database),
            recipe(mode)
        );
        let folder = programs::folder(&[files, &[("pgbouncer.ini", &settings)]].concat());
        let child = programs::start(&program, &folder, &["pgbouncer.ini"]);
        answers(port).await;
        Some(Self { child, port, _folder: folder })
    }

    pub(crate) fn url(&self, database: &TestDatabase) -> String {
        let path = Url::parse(database.url()).unwrap().path().to_owned();
        format!("postgres://postgres@127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The docs' settings for that mode.
fn recipe(mode: &str) -> String {
    let (_, rest) = RECIPE.split_once("<!-- recipe: pgbouncer -->\n\n```ini\n").unwrap();
    let (settings, _) = rest.split_once("```").unwrap();
    assert!(settings.contains("pool_mode = transaction"), "{settings}");
    let settings = settings.replace("pool_mode = transaction", &format!("pool_mode = {mode}"));
    // Sessions are not shared, so there must be one for each connection of the service.
    if mode == "session" { settings } else { settings.replace("default_pool_size = 20", "default_pool_size = 4") }
}

/// The pooler's route to the server.
fn route(database: &TestDatabase) -> String {
    let url = Url::parse(database.url()).unwrap();
    let value = |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    let host = value("host").unwrap_or_else(|| url.host_str().unwrap().to_owned());
    format!("[databases]\n* = host={host} port={} user=postgres", url.port().unwrap_or(5432))
}

/// Registers, logs in, and logs in many times at once.
pub(crate) async fn walk(world: World) {
    let world = Arc::new(world);
    let node = world.serve().await;
    let client = Client::of(&node);
    let tokens = client.member(&world, EMAIL, PHONE).await;
    let mut logins = JoinSet::new();
    for n in 0..12 {
        let (world, client) = (world.clone(), client.clone());
        logins.spawn(async move {
            let (email, phone) = (format!("person{n}@example.com"), format!("+141555527{n:02}"));
            client.member(&world, &email, &phone).await;
            let flow = client.login(&phone, None).await;
            client.enter(&flow, &texted(&world, &phone, 2).await).await.status
        });
    }

    let statuses = logins.join_all().await;

    assert_eq!(statuses, [StatusCode::OK; 12]);
    let access = tokens["access_token"].as_str().unwrap();
    let body = json!({ "password": crate::client::PASSWORD, "first_name": "Augusta" });
    let changed = client.post_as(access, "/update_details", &body).await;
    assert_eq!((changed.status, &changed.body["user"]["first_name"]), (StatusCode::OK, &json!("Augusta")));
    assert!(!node.log().contains("\"level\":\"ERROR\""), "{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_pgbouncer_in_session_mode_everything_goes_as_without() {
    let world = World::new(Engine::Postgres).await;
    let Some(pooler) = Pooler::start(world.postgres(), "session").await else { return };
    let url = pooler.url(world.postgres());
    let world = world.with("database.url", &url);

    walk(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_pgbouncer_in_transaction_mode_statements_have_no_names() {
    let world = World::new(Engine::Postgres).await;
    let Some(pooler) = Pooler::start(world.postgres(), "transaction").await else { return };
    let url = pooler.url(world.postgres());
    let world = world.with("database.url", &url).with("database.prepared_statements", "false");

    walk(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_migrated_through_pgbouncer_in_transaction_mode() {
    let database = TestDatabase::create(None);
    let Some(pooler) = Pooler::start(&database, "transaction").await else { return };
    let world = World::new(Engine::Sqlite).await;
    let world = world.with("database.url", &pooler.url(&database)).with("database.prepared_statements", "false");

    let migrated = world.operate(&["migrate"]);
    let status = world.operate(&["migrate", "status"]);

    assert!(migrated.status.success() && status.status.success(), "{migrated:?} {status:?}");
    let limits = database.select("SELECT setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout')");
    assert_eq!(limits, [["0"], ["0"]]);
}
