//! What the use cases share, and each of them made of it.

use std::sync::Arc;

use doorward_app::{
    Moment, Store,
    binding::Binding,
    breaches::Breaches,
    claims::ClaimDrops,
    delivery::{Delivery, Route},
    flow::Verification,
    introspection::Introspection,
    limits::{BufferedBuckets, Lockouts, Memory, Posture, ProofOfWork, RateLimiter, SmsGate, SprayDetector},
    password_login::{PasswordLogin, Rehashing},
    phone_login::{Dormancy, PhoneLogin},
    profile::Profile,
    recovery::Recovery,
    registration::Registration,
    sessions::Authentication,
    step_up::StepUp,
    totp::{Totp, TotpProof},
    undo::Undo,
};
use doorward_crypto::{Argon2Hasher, HashParameters, OsRandom};
use doorward_limit::Limits;
use doorward_user::{PasswordHasher, PasswordPolicy};

use super::{
    Keys, Providers,
    breaches::breaches,
    clients,
    counted_hasher::CountedHasher,
    password_costs::PasswordCosts,
    policies::{delivery_policy, lockout_policy, otp_policy, password_alone, session_policy, sms_policy, totp_policy},
};
use crate::{
    run::{RehashTasks, WorkerSignal},
    settings::Settings,
};

/// What the use cases share.
pub(super) struct Parts<'a> {
    settings: &'a Settings,
    store: &'a Arc<dyn Store>,
    keys: &'a Keys,
    moment: Moment,
    hasher: Arc<dyn PasswordHasher>,
    /// Keeps the cost of a denial up to date.
    pub(super) password_costs: PasswordCosts,
    limits: Arc<Limits>,
    spray: Arc<SprayDetector>,
    breaches: Breaches,
    /// The rate limiter.
    pub(super) buckets: Arc<BufferedBuckets>,
    memory: Arc<Memory>,
    posture: Arc<Posture>,
    /// Wakes the delivery workers.
    pub(super) signal: Arc<WorkerSignal>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(settings: &'a Settings, store: &'a Arc<dyn Store>, keys: &'a Keys) -> anyhow::Result<Self> {
        let parameters = HashParameters::new(settings.password.memory_kib, settings.password.iterations, 1)?;
        let limits = settings.limits.with_wrong_codes(settings.otp.wrong_per_identifier.clone());
        let hasher = Arc::new(Argon2Hasher::start(keys.ring.clone(), Arc::new(OsRandom), parameters)?);
        Ok(Self {
            settings,
            store,
            keys,
            moment: Moment { clock: keys.clock.clone(), random: Arc::new(OsRandom) },
            hasher: Arc::new(CountedHasher(hasher.clone())),
            password_costs: PasswordCosts { hasher, verifiers: store.clone() },
            spray: Arc::new(SprayDetector::new(store.clone(), &limits)),
            limits: Arc::new(limits),
            breaches: breaches(settings, keys.clock.clone())?,
            buckets: Arc::new(BufferedBuckets::new(store.clone())),
            memory: Arc::default(),
            posture: Arc::default(),
            signal: Arc::new(WorkerSignal::new(settings.delivery.lease)),
        })
    }

    pub(super) fn limiter(&self) -> Arc<RateLimiter> {
        Arc::new(RateLimiter {
            moment: self.moment.clone(),
            incidents: self.store.clone(),
            memory: self.memory.clone(),
            buckets: self.buckets.clone(),
            digests: self.keys.ring.clone(),
            tokens: self.keys.ring.clone(),
            users: self.store.clone(),
            spray: self.spray.clone(),
            puzzles: Arc::new(ProofOfWork {
                digests: self.keys.ring.clone(),
                sha256: doorward_crypto::sha256,
                random: self.moment.random.clone(),
                difficulty: ProofOfWork::DIFFICULTY,
            }),
            limits: self.limits.clone(),
        })
    }

    pub(super) fn lockouts(&self) -> Lockouts {
        Lockouts { limiter: self.limiter(), store: self.store.clone(), policy: Arc::new(lockout_policy(self.settings)) }
    }

    fn sms_gate(&self) -> SmsGate {
        SmsGate {
            limiter: self.limiter(),
            switch: self.store.clone(),
            conversion_breakers: self.store.clone(),
            posture: self.posture.clone(),
            policy: sms_policy(self.settings),
        }
    }

    pub(super) fn verification(&self) -> Verification {
        Verification {
            moment: self.moment.clone(),
            challenges: self.store.clone(),
            flows: self.store.clone(),
            keys: self.keys.ring.clone(),
            epochs: self.keys.lookup.clone(),
            tokens: self.keys.ring.clone(),
            signal: self.signal.clone(),
            limiter: self.limiter(),
            lockouts: self.lockouts(),
            sms: self.sms_gate(),
            policy: otp_policy(self.settings),
        }
    }

    pub(super) fn authentication(&self) -> Authentication {
        Authentication {
            moment: self.moment.clone(),
            sessions: self.store.clone(),
            session_lookup: self.store.clone(),
            epochs: self.keys.lookup.clone(),
            tokens: self.keys.ring.clone(),
            signer: self.keys.ring.clone(),
            signal: self.signal.clone(),
            limiter: self.limiter(),
            policy: session_policy(self.settings),
        }
    }

    pub(super) fn registration(&self) -> Registration {
        Registration {
            verification: self.verification(),
            users: self.store.clone(),
            registrations: self.store.clone(),
            hasher: self.hasher.clone(),
            breaches: self.breaches.clone(),
        }
    }

    pub(super) fn phone_login(&self) -> PhoneLogin {
        PhoneLogin {
            verification: self.verification(),
            users: self.store.clone(),
            logins: self.store.clone(),
            hasher: self.hasher.clone(),
            passwords: self.store.clone(),
            rehashes: self.rehashes(),
            totp: self.totp_proof(),
            sessions: session_policy(self.settings),
            dormancy: Dormancy { after: self.settings.phone.dormant_after.0 },
        }
    }

    pub(super) fn password_login(&self) -> PasswordLogin {
        PasswordLogin {
            verification: self.verification(),
            users: self.store.clone(),
            logins: self.store.clone(),
            hasher: self.hasher.clone(),
            rehashes: self.rehashes(),
            recoveries: self.store.clone(),
            hold: self.settings.recovery.hold,
            sms: sms_policy(self.settings),
            alone: password_alone(self.settings),
            sessions: session_policy(self.settings),
        }
    }

    fn rehashes(&self) -> Arc<RehashTasks> {
        Arc::new(RehashTasks(Rehashing {
            moment: self.moment.clone(),
            hasher: self.hasher.clone(),
            logins: self.store.clone(),
        }))
    }

    pub(super) fn recovery(&self) -> Recovery {
        Recovery {
            verification: self.verification(),
            users: self.store.clone(),
            recoveries: self.store.clone(),
            totp: self.totp_proof(),
            hasher: self.hasher.clone(),
            policy: PasswordPolicy { min_length: self.settings.password.min_length },
            breaches: self.breaches.clone(),
            hold: self.settings.recovery.hold,
        }
    }

    pub(super) fn undo(&self) -> Undo {
        Undo {
            moment: self.moment.clone(),
            users: self.store.clone(),
            undos: self.store.clone(),
            bindings: self.store.clone(),
            pending_authenticators: self.store.clone(),
            tokens: self.keys.ring.clone(),
            signal: self.signal.clone(),
            limiter: self.limiter(),
        }
    }

    pub(super) fn profile(&self) -> Profile {
        Profile {
            verification: self.verification(),
            users: self.store.clone(),
            profiles: self.store.clone(),
            hasher: self.hasher.clone(),
            breaches: self.breaches.clone(),
        }
    }

    pub(super) fn binding(&self) -> Binding {
        Binding {
            verification: self.verification(),
            users: self.store.clone(),
            bindings: self.store.clone(),
            recoveries: self.store.clone(),
            profile: self.profile(),
            sessions: session_policy(self.settings),
            hold: self.settings.recovery.hold,
        }
    }

    pub(super) fn claim_drops(&self) -> ClaimDrops {
        ClaimDrops { moment: self.moment.clone(), signal: self.signal.clone(), claims: self.store.clone() }
    }

    pub(super) fn introspection(&self) -> Introspection {
        Introspection {
            authentication: self.authentication(),
            clients: clients(self.keys.clock.clone(), self.store),
            issuer: self.settings.token.issuer.clone(),
            audience: self.settings.token.audience.clone(),
        }
    }

    pub(super) fn step_up(&self) -> StepUp {
        StepUp {
            verification: self.verification(),
            authentication: self.authentication(),
            step_ups: self.store.clone(),
            totp: self.totp_proof(),
        }
    }

    fn totp_proof(&self) -> TotpProof {
        TotpProof {
            verification: self.verification(),
            users: self.store.clone(),
            authenticators: self.store.clone(),
            seeds: self.keys.ring.clone(),
            digests: self.keys.ring.clone(),
            policy: totp_policy(self.settings),
        }
    }

    pub(super) fn totp(&self) -> Totp {
        Totp {
            proof: self.totp_proof(),
            authentication: self.authentication(),
            profile: self.profile(),
            held: self.store.clone(),
            hold: self.settings.recovery.hold,
        }
    }

    pub(super) fn delivery(&self, providers: Providers) -> Delivery {
        Delivery {
            moment: self.moment.clone(),
            gate: self.sms_gate(),
            outbox: self.store.clone(),
            keys: self.keys.ring.clone(),
            undo_tokens: self.keys.ring.clone(),
            mail: Route::new(providers.mail),
            sms: Route::new(providers.sms),
            policy: delivery_policy(self.settings),
        }
    }
}
