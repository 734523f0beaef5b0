use std::sync::Arc;

use doorward_app::{Moment, clients::Clients};
use doorward_crypto::{OsRandom, RandomClientSecrets, SystemClock};

use super::Ports;

/// The registered resource servers.
pub(crate) fn clients(clock: Arc<SystemClock>, ports: &Ports) -> Clients {
    Clients {
        moment: Moment { clock, random: Arc::new(OsRandom) },
        servers: ports.resource_servers.clone(),
        secrets: Arc::new(RandomClientSecrets::new(Arc::new(OsRandom))),
    }
}
