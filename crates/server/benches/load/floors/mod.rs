//! Floors: the speed of the machine without the service, by the same clients straight at what a call cannot do without.

mod hash;
mod postgres;
mod sqlite;

use std::time::Duration;

use tokio::task::block_in_place;

use crate::{
    doorward::{Engine, World},
    measure::{Measured, measure},
};

/// A guarded update of one row by key.
const UPDATE: &str =
    "UPDATE floor SET generation = generation + 1 WHERE id = $1 AND generation >= 0 RETURNING generation";
const READ: &str = "SELECT id, generation FROM floor WHERE id = $1";
/// The rows of the floors, for as many clients.
const ROWS: i32 = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Floor {
    /// A read by key.
    Read,
    /// A guarded update, which is a commit.
    Update,
    /// Two of them, one after the other.
    TwoUpdates,
    /// A password hash, by the hasher of the service.
    Hash,
}

impl Floor {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "a read by key",
            Self::Update => "a guarded update",
            Self::TwoUpdates => "two guarded updates",
            Self::Hash => "the bare hash",
        }
    }

    /// Measures it with so many clients for that time.
    pub(crate) async fn measure(self, world: &World, engine: Engine, clients: usize, time: Duration) -> Measured {
        let (sql, times) = match self {
            Self::Read => (READ, 1),
            Self::Update => (UPDATE, 1),
            Self::TwoUpdates => (UPDATE, 2),
            Self::Hash => return measure(hash::clients(clients), time).await,
        };
        match engine {
            Engine::Postgres => measure(postgres::clients(world.postgres(), clients, sql, times).await, time).await,
            Engine::Sqlite => block_in_place(|| sqlite::measure(world.folder.path(), clients, sql, times, time)),
        }
    }
}
