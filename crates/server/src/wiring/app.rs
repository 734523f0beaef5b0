use std::sync::Arc;

use doorward_app::{
    App, ClockAndIds, Parts, Store,
    password_login::{Rehashes, Rehashing},
};
use doorward_crypto::{Argon2Hasher, HashParameters, OsRandom, RandomClientSecrets};
use doorward_user::PasswordHasher;

use super::{Keys, PasswordCosts, Providers, breaches::breaches, counted_hasher::CountedHasher, policies::policies};
use crate::{
    run::{RehashTasks, WorkerSignal},
    settings::Settings,
};

/// The use cases, and those of their adapters that background jobs work on.
pub(crate) struct Wiring {
    /// The use cases.
    pub(crate) app: Arc<App>,
    /// Keeps the cost of a denial up to date.
    pub(crate) password_costs: PasswordCosts,
    /// Wakes the delivery workers.
    pub(crate) signal: Arc<WorkerSignal>,
}

impl Wiring {
    /// Gives the use cases their adapters.
    pub(crate) fn new(
        settings: &Settings,
        store: &Arc<dyn Store>,
        keys: &Keys,
        providers: Providers,
    ) -> anyhow::Result<Self> {
        let clock_and_ids = ClockAndIds { clock: keys.clock.clone(), random: Arc::new(OsRandom) };
        let parameters = HashParameters::new(settings.password.memory_kib, settings.password.iterations, 1)?;
        let argon2 = Arc::new(Argon2Hasher::start(keys.ring.clone(), Arc::new(OsRandom), parameters)?);
        let hasher: Arc<dyn PasswordHasher> = Arc::new(CountedHasher(argon2.clone()));
        let signal = Arc::new(WorkerSignal::new(settings.delivery.lease));
        let app = App::new(Parts {
            rehashes: rehashes(&clock_and_ids, store, &hasher),
            clock_and_ids,
            store: store.clone(),
            keys: keys.ring.clone(),
            epochs: keys.lookup.clone(),
            hasher,
            breaches: breaches(settings, keys.clock.clone())?,
            client_secrets: Arc::new(RandomClientSecrets::new(Arc::new(OsRandom))),
            signal: signal.clone(),
            sha256: doorward_crypto::sha256,
            mail: providers.mail,
            phones: providers.phones,
            policies: policies(settings),
        });
        Ok(Self { app: Arc::new(app), password_costs: PasswordCosts { hasher: argon2, epochs: store.clone() }, signal })
    }
}

fn rehashes(
    clock_and_ids: &ClockAndIds,
    store: &Arc<dyn Store>,
    hasher: &Arc<dyn PasswordHasher>,
) -> Arc<dyn Rehashes> {
    Arc::new(RehashTasks(Rehashing {
        clock_and_ids: clock_and_ids.clone(),
        hasher: hasher.clone(),
        logins: store.clone(),
    }))
}
