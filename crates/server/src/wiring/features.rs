use std::sync::Arc;

use doorward_app::{
    Store,
    claims::ClaimDrops,
    delivery::Delivery,
    limits::{BufferedBuckets, RateLimiter},
};
use doorward_http::Api;

use super::{Keys, PasswordCosts, Providers, parts::Parts};
use crate::{run::WorkerSignal, settings::Settings};

/// The use cases, ready to be called.
#[derive(Clone)]
pub(crate) struct Features {
    /// What the routes call.
    pub(crate) api: Api,
    /// The rate limiter.
    pub(crate) limiter: Arc<RateLimiter>,
    /// Keeps the cost of a denial up to date.
    pub(crate) password_costs: PasswordCosts,
    /// What drops claims of numbers that others have verified.
    pub(crate) claim_drops: ClaimDrops,
    /// What this node takes from and writes to now and then.
    pub(crate) buckets: Arc<BufferedBuckets>,
    /// What the workers call.
    pub(crate) delivery: Delivery,
    /// Wakes the delivery workers.
    pub(crate) signal: Arc<WorkerSignal>,
}

/// Puts the use cases together.
pub(crate) fn features(
    settings: &Settings,
    store: &Arc<dyn Store>,
    keys: &Keys,
    providers: Providers,
) -> anyhow::Result<Features> {
    let shared = Parts::new(settings, store, keys)?;
    let api = Api {
        verification: shared.verification(),
        registration: shared.registration(),
        phone_login: shared.phone_login(),
        password_login: shared.password_login(),
        recovery: shared.recovery(),
        binding: shared.binding(),
        undo: shared.undo(),
        profile: shared.profile(),
        step_up: shared.step_up(),
        totp: shared.totp(),
        authentication: shared.authentication(),
        introspection: shared.introspection(),
    };
    Ok(Features {
        api,
        limiter: shared.limiter(),
        password_costs: shared.password_costs.clone(),
        claim_drops: shared.claim_drops(),
        buckets: shared.buckets.clone(),
        delivery: shared.delivery(providers),
        signal: shared.signal,
    })
}
