use std::sync::Arc;

use doorward_app::{Moment, Store, clients::Clients};
use doorward_crypto::{OsRandom, RandomClientSecrets, SystemClock};

/// The registered resource servers.
pub(crate) fn clients(clock: Arc<SystemClock>, store: &Arc<dyn Store>) -> Clients {
    Clients {
        moment: Moment { clock, random: Arc::new(OsRandom) },
        servers: store.clone(),
        secrets: Arc::new(RandomClientSecrets::new(Arc::new(OsRandom))),
    }
}
