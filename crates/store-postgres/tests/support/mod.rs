//! A fresh store for every test, watched for statements that no key answers.

#![allow(dead_code, reason = "every test file takes what it needs")]

mod audit;

use std::sync::Arc;

use doorward_app::{
    logins::{LoginOutcome, OpenSession},
    registration::RegistrationOutcome,
};
use doorward_store_postgres::{PgSettings, PgStore, migrate};
use doorward_testkit::{
    Stores, fixtures,
    postgres::{Template, TestDatabase},
};
use doorward_user::User;
use tokio::{runtime::Handle, task::spawn_blocking};
use tokio_postgres::{Client, NoTls};

static MIGRATED: Template = Template::new(|url| {
    Handle::current().block_on(migrate(&PgSettings::new(url))).unwrap();
});

/// Fails when a statement has read the whole of a table that grows with use, though it was told not to.
const CHECK: &str = "
    DO $$
    DECLARE names text;
    BEGIN
        SELECT string_agg(relname, ', ') INTO names FROM pg_stat_user_tables
            WHERE seq_tup_read > 0 AND relname <> 'key_epochs';
        IF names IS NOT NULL THEN RAISE EXCEPTION 'whole tables were read: %', names; END IF;
    END $$";

/// A store on a database of its own.
pub(crate) struct Fresh {
    pub(crate) store: PgStore,
    pub(crate) database: TestDatabase,
    is_watched: bool,
}

impl Fresh {
    /// A migrated database and a store on it.
    pub(crate) fn open() -> Self {
        Self::open_with(&[])
    }

    /// A store of as many connections as a node has by default, on which the server's parameters are set like that.
    pub(crate) fn open_with(parameters: &[&str]) -> Self {
        Self::open_pool(16, parameters)
    }

    /// A store of so many connections on which the server's parameters are set like that.
    pub(crate) fn open_pool(size: usize, parameters: &[&str]) -> Self {
        let database = TestDatabase::create(Some(&MIGRATED));
        let store = PgStore::new(&settings(&database, size, parameters)).unwrap();
        Self { store, database, is_watched: false }
    }

    /// The database's URL, whether it takes writes or not.
    pub(crate) fn any_server(&self) -> String {
        let url = self.database.url();
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}target_session_attrs=any")
    }
}

impl Drop for Fresh {
    /// Ends the connections, which report what they read then, and looks at the report.
    fn drop(&mut self) {
        if self.is_watched && !std::thread::panicking() {
            self.database.disconnect();
            self.database.execute(CHECK);
        }
    }
}

fn settings(database: &TestDatabase, pool_size: usize, parameters: &[&str]) -> PgSettings {
    let url = database.url();
    let separator = if url.contains('?') { '&' } else { '?' };
    let options: Vec<_> = parameters.iter().map(|set| format!("-c%20{}", set.replace('=', "%3D"))).collect();
    PgSettings { pool_size, ..PgSettings::new(&format!("{url}{separator}options={}", options.join("%20"))) }
}

/// A connection beside the store's, to get in its way.
pub(crate) async fn client(database: &TestDatabase) -> Client {
    let (client, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Returns once a statement of the database waits for a lock.
pub(crate) async fn somebody_waits(client: &Client) {
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while client.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
}

/// Makes an account.
pub(crate) async fn register(stores: &Stores, n: u32) -> User {
    let user = fixtures::user(n);
    stores.registrations().start(fixtures::start_registration(n, &user)).await.unwrap();
    let outcome = stores.registrations().complete(fixtures::complete_registration(n, &user)).await.unwrap();
    assert_eq!(outcome, RegistrationOutcome::Registered);
    user
}

/// Makes an account and verifies its number.
pub(crate) async fn register_and_verify(stores: &Stores, n: u32) -> User {
    let user = register(stores, n).await;
    let challenge = fixtures::challenge(n);
    stores.flows().start(fixtures::start(n, challenge.clone())).await.unwrap();
    let number_verification = fixtures::number_verification(n, &user, &fixtures::phone(n), &[]);
    let open =
        OpenSession { number_verification: Some(number_verification), ..fixtures::open_session(n, &challenge, &user) };
    match stores.logins().open(open).await.unwrap() {
        LoginOutcome::Opened(user) => Some(user),
        LoginOutcome::Closed | LoginOutcome::Refused | LoginOutcome::CodeRefused | LoginOutcome::Conflict => None,
    }
    .unwrap()
}

/// The ports of a fresh store, for the conformance suite.
pub(crate) async fn fresh() -> (Stores, Fresh) {
    // A whole table is only read then where no index could do.
    let mut fresh = spawn_blocking(|| Fresh::open_with(&["enable_seqscan=off"])).await.unwrap();
    fresh.is_watched = true;
    (stores(&fresh), fresh)
}

pub(crate) fn stores(fresh: &Fresh) -> Stores {
    Stores { store: Arc::new(fresh.store.clone()), audit: Arc::new(audit::Events::of(&fresh.database)) }
}
