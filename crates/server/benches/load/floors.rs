//! What the machine does without the service: the same clients, straight at what a call cannot do without.

use std::sync::Arc;

use doorward_crypto::{
    Argon2Hasher, HashParameters, Keyring, OsRandom, RootSecret, SystemClock, TokenSettings, first_epoch,
};
use doorward_kernel::{Clock as _, UserId};
use doorward_user::{Password, PasswordHasher as _};
use tokio_postgres::{NoTls, Statement};

use crate::{
    Plan,
    doorward::World,
    flows::Flow,
    measure::{Measured, measure},
    person::PASSWORD,
};

/// Statements of one client on a connection of its own.
struct Direct {
    client: tokio_postgres::Client,
    statement: Statement,
    row: i32,
    times: usize,
}

impl Flow for Direct {
    async fn once(&mut self) {
        for _ in 0..self.times {
            self.client.query(&self.statement, &[&self.row]).await.unwrap();
        }
    }
}

/// A keyed read.
pub(crate) async fn reads(world: &World, plan: &Plan) -> Measured {
    measure(direct(world, plan, "SELECT * FROM floor WHERE id = $1", 1).await, plan.time).await
}

/// So many guarded updates, each a commit.
pub(crate) async fn updates(world: &World, plan: &Plan, times: usize) -> Measured {
    let update = "UPDATE floor SET generation = generation + 1 WHERE id = $1 AND generation >= 0 RETURNING generation";
    measure(direct(world, plan, update, times).await, plan.time).await
}

async fn direct(world: &World, plan: &Plan, sql: &str, times: usize) -> Vec<Direct> {
    let database = world.postgres();
    database.execute(
        "CREATE TABLE IF NOT EXISTS floor (id integer PRIMARY KEY, generation bigint NOT NULL); \
         INSERT INTO floor SELECT id, 0 FROM generate_series(0, 999) AS id ON CONFLICT DO NOTHING",
    );
    let mut clients = Vec::new();
    for n in 0..plan.clients {
        let (client, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let statement = client.prepare(sql).await.unwrap();
        clients.push(Direct { client, statement, row: i32::try_from(n).unwrap(), times });
    }
    clients
}

/// A password hash, by the hasher of the service.
struct Hash(Arc<Argon2Hasher>, Password);

impl Flow for Hash {
    async fn once(&mut self) {
        // A full queue is what more clients than it holds come up against.
        let _ = self.0.hash(UserId::from_bytes([1; 16]), &self.1).await;
    }
}

pub(crate) async fn hashes(plan: &Plan) -> Measured {
    let clock = Arc::new(SystemClock::default());
    let epochs = vec![first_epoch(&OsRandom, clock.now())];
    let settings = TokenSettings::new("https://auth.example.com", "https://api.example.com");
    let ring = Keyring::new(RootSecret::generate(&OsRandom), epochs, settings, clock, Arc::new(OsRandom)).unwrap();
    let parameters = HashParameters::new(19_456, 2, 1).unwrap();
    let hasher = Arc::new(Argon2Hasher::start(Arc::new(ring), Arc::new(OsRandom), parameters).unwrap());
    let password = Password::parse(PASSWORD).unwrap();
    measure((0..plan.clients).map(|_| Hash(hasher.clone(), password.clone())).collect(), plan.time).await
}
