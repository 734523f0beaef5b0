//! The database of a world, behind the back of the service.

use doorward_testkit::postgres::TestDatabase;
use rusqlite::Connection;

use crate::doorward::{Engine, World};

pub(crate) enum Database<'w> {
    Postgres(&'w TestDatabase),
    Sqlite(Connection),
}

impl<'w> Database<'w> {
    pub(crate) fn of(world: &'w World, engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres(world.postgres()),
            Engine::Sqlite => Self::Sqlite(Connection::open(world.folder.path().join("doorward.db")).unwrap()),
        }
    }

    pub(crate) fn execute(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.execute(sql),
            Self::Sqlite(connection) => connection.execute_batch(sql).unwrap(),
        }
    }

    /// The columns of a table that are not computed from others.
    pub(crate) fn columns(&self, table: &str) -> Vec<String> {
        match self {
            Self::Postgres(database) => {
                let columns = database.select(&format!(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' \
                     AND table_schema = 'public' AND is_generated = 'NEVER'"
                ));
                columns.concat()
            }
            Self::Sqlite(connection) => {
                let mut columns = connection.prepare("SELECT name FROM pragma_table_info($1)").unwrap();
                columns.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
        }
    }

    /// A UUID for each `n` of a query, in the order of `n`.
    pub(crate) const fn uuid(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
            Self::Sqlite(_) => "unhex('01900000000070008000' || printf('%012x', n))",
        }
    }

    /// An instant that is so many seconds from now.
    pub(crate) fn after(&self, seconds: u32) -> String {
        match self {
            Self::Postgres(_) => format!("now() + interval '{seconds} seconds'"),
            Self::Sqlite(_) => format!("(unixepoch() + {seconds}) * 1000000"),
        }
    }

    /// Has the planner know what is there, as it does a while after it came.
    pub(crate) fn analyze(&self) {
        match self {
            Self::Postgres(database) => {
                database.execute("VACUUM ANALYZE");
                database.execute("CHECKPOINT");
            }
            Self::Sqlite(connection) => connection.execute_batch("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)").unwrap(),
        }
    }
}
