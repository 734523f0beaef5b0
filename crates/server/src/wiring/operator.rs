use std::sync::Arc;

use doorward_app::{
    ClockAndIds, Store,
    clients::Clients,
    delivery::OutboxAdmin,
    operator::{Importer, Operator},
};
use doorward_crypto::{OsRandom, RandomClientSecrets, SystemClock};

/// Builds the use case that finds, closes, opens and deletes accounts for an operator, and stops SMS.
pub(crate) fn operator(clock: Arc<SystemClock>, store: &Arc<dyn Store>) -> Operator {
    Operator {
        clock_and_ids: clock_and_ids(clock),
        users: store.clone(),
        accounts: store.clone(),
        conversion_breakers: store.clone(),
    }
}

/// Imports accounts from another system.
pub(crate) fn importer(clock: Arc<SystemClock>, store: &Arc<dyn Store>) -> Importer {
    Importer { clock_and_ids: clock_and_ids(clock), users: store.clone(), accounts: store.clone() }
}

/// The outbox as operators see it.
pub(crate) fn outbox_admin(clock: Arc<SystemClock>, store: &Arc<dyn Store>) -> OutboxAdmin {
    OutboxAdmin { clock_and_ids: clock_and_ids(clock), outbox: store.clone() }
}

/// The registered resource servers.
pub(crate) fn clients(clock: Arc<SystemClock>, store: &Arc<dyn Store>) -> Clients {
    let secrets = Arc::new(RandomClientSecrets::new(Arc::new(OsRandom)));
    Clients { clock_and_ids: clock_and_ids(clock), servers: store.clone(), secrets }
}

fn clock_and_ids(clock: Arc<SystemClock>) -> ClockAndIds {
    ClockAndIds { clock, random: Arc::new(OsRandom) }
}
