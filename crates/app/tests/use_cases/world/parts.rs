//! What the use cases of a world share, and each of them made of it.

use std::{sync::Arc, time::Duration};

use doorward_app::{
    Moment,
    binding::Binding,
    breaches::Breaches,
    delivery::{Delivery, DeliveryPolicy, Provider, Route},
    flow::Verification,
    limits::{BufferedBuckets, Lockouts, Memory, Posture, ProofOfWork, RateLimiter, SmsGate, SmsPolicy, SprayDetector},
    password_login::{PasswordAlone, PasswordLogin, Rehashing},
    phone_login::{Dormancy, PhoneLogin},
    profile::Profile,
    recovery::Recovery,
    registration::Registration,
    sessions::Authentication,
    step_up::StepUp,
    totp::{Totp, TotpPolicy, TotpProof},
    undo::Undo,
};
use doorward_limit::{Limits, LockoutPolicy};
use doorward_session::Policy as SessionPolicy;
use doorward_testkit::{
    MemoryStore, Stores,
    fakes::{
        CountingSignal, FixedClock, NoNews, NotedRehashes, PlainHasher, RecordingNotifier, SeededRandom, TestKeys,
        plain_digest,
    },
};
use doorward_user::PasswordPolicy;

pub(super) struct Parts {
    pub(super) clock: Arc<FixedClock>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) stores: Stores,
    pub(super) mail: Arc<RecordingNotifier>,
    pub(super) sms: Arc<RecordingNotifier>,
    pub(super) keys: Arc<TestKeys>,
    pub(super) rehashes: Arc<NotedRehashes>,
    moment: Moment,
    hasher: Arc<PlainHasher>,
    pub(super) signal: Arc<CountingSignal>,
    policy: SessionPolicy,
    limits: Arc<Limits>,
    spray: Arc<SprayDetector>,
    breaches: Breaches,
    pub(super) buckets: Arc<BufferedBuckets>,
    memory: Arc<Memory>,
    posture: Arc<Posture>,
}

impl Parts {
    pub(super) fn new(policy: SessionPolicy, limits: Limits) -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = Arc::new(MemoryStore::default());
        let stores = Stores::of(store.clone());
        Self {
            moment: Moment { clock: clock.clone(), random: Arc::new(SeededRandom::new(7)) },
            spray: Arc::new(SprayDetector::new(stores.store.clone(), &limits)),
            buckets: Arc::new(BufferedBuckets::new(stores.store.clone())),
            memory: Arc::default(),
            posture: Arc::default(),
            stores,
            clock,
            store,
            mail: Arc::default(),
            sms: Arc::default(),
            keys: Arc::default(),
            rehashes: Arc::default(),
            hasher: Arc::new(PlainHasher),
            signal: Arc::default(),
            policy,
            limits: Arc::new(limits),
            breaches: Breaches::off(),
        }
    }

    pub(super) fn limiter(&self) -> Arc<RateLimiter> {
        Arc::new(RateLimiter {
            moment: self.moment.clone(),
            incidents: self.stores.store.clone(),
            memory: self.memory.clone(),
            buckets: self.buckets.clone(),
            digests: self.keys.clone(),
            tokens: self.keys.clone(),
            users: self.stores.store.clone(),
            spray: self.spray.clone(),
            puzzles: Arc::new(ProofOfWork {
                digests: self.keys.clone(),
                sha256: plain_digest,
                random: self.moment.random.clone(),
                difficulty: 8,
            }),
            limits: self.limits.clone(),
        })
    }

    fn lockouts(&self) -> Lockouts {
        Lockouts {
            limiter: self.limiter(),
            store: self.stores.store.clone(),
            policy: Arc::new(LockoutPolicy::default()),
        }
    }

    fn sms_gate(&self) -> SmsGate {
        SmsGate {
            limiter: self.limiter(),
            switch: self.stores.store.clone(),
            conversion_breakers: self.stores.store.clone(),
            posture: self.posture.clone(),
            policy: SmsPolicy::default(),
        }
    }

    pub(super) fn verification(&self) -> Verification {
        Verification {
            moment: self.moment.clone(),
            challenges: self.stores.store.clone(),
            flows: self.stores.store.clone(),
            keys: self.keys.clone(),
            epochs: Arc::new(NoNews::default()),
            tokens: self.keys.clone(),
            signal: self.signal.clone(),
            sms: self.sms_gate(),
            limiter: self.limiter(),
            lockouts: self.lockouts(),
            policy: doorward_otp::Policy::default(),
        }
    }

    pub(super) fn authentication(&self) -> Authentication {
        Authentication {
            moment: self.moment.clone(),
            sessions: self.stores.store.clone(),
            session_lookup: self.stores.store.clone(),
            epochs: Arc::new(NoNews::default()),
            tokens: self.keys.clone(),
            signer: self.keys.clone(),
            signal: self.signal.clone(),
            limiter: self.limiter(),
            policy: self.policy,
        }
    }

    pub(super) fn registration(&self) -> Registration {
        Registration {
            verification: self.verification(),
            users: self.stores.store.clone(),
            registrations: self.stores.store.clone(),
            hasher: self.hasher.clone(),
            breaches: self.breaches.clone(),
        }
    }

    pub(super) fn phone_login(&self) -> PhoneLogin {
        PhoneLogin {
            verification: self.verification(),
            users: self.stores.store.clone(),
            logins: self.stores.store.clone(),
            hasher: self.hasher.clone(),
            passwords: self.stores.store.clone(),
            rehashes: self.rehashes.clone(),
            totp: self.totp_proof(),
            sessions: self.policy,
            dormancy: Dormancy { after: Some(Duration::from_hours(90 * 24)) },
        }
    }

    pub(super) fn password_login(&self) -> PasswordLogin {
        PasswordLogin {
            verification: self.verification(),
            users: self.stores.store.clone(),
            logins: self.stores.store.clone(),
            hasher: self.hasher.clone(),
            rehashes: self.rehashes.clone(),
            recoveries: self.stores.store.clone(),
            hold: Duration::from_hours(24),
            sms: SmsPolicy::default(),
            alone: PasswordAlone::NeverSuffices,
            sessions: self.policy,
        }
    }

    pub(super) fn rehashing(&self) -> Rehashing {
        Rehashing { moment: self.moment.clone(), hasher: self.hasher.clone(), logins: self.stores.store.clone() }
    }

    pub(super) fn recovery(&self) -> Recovery {
        Recovery {
            verification: self.verification(),
            users: self.stores.store.clone(),
            recoveries: self.stores.store.clone(),
            totp: self.totp_proof(),
            hasher: self.hasher.clone(),
            policy: PasswordPolicy::default(),
            breaches: self.breaches.clone(),
            hold: Duration::from_hours(24),
        }
    }

    pub(super) fn undo(&self) -> Undo {
        Undo {
            moment: self.moment.clone(),
            users: self.stores.store.clone(),
            undos: self.stores.store.clone(),
            bindings: self.stores.store.clone(),
            pending_authenticators: self.stores.store.clone(),
            tokens: self.keys.clone(),
            signal: self.signal.clone(),
            limiter: self.limiter(),
        }
    }

    pub(super) fn profile(&self) -> Profile {
        Profile {
            verification: self.verification(),
            users: self.stores.store.clone(),
            profiles: self.stores.store.clone(),
            hasher: self.hasher.clone(),
            breaches: self.breaches.clone(),
        }
    }

    pub(super) fn binding(&self) -> Binding {
        Binding {
            verification: self.verification(),
            users: self.stores.store.clone(),
            bindings: self.stores.store.clone(),
            recoveries: self.stores.store.clone(),
            profile: self.profile(),
            sessions: self.policy,
            hold: Duration::from_hours(24),
        }
    }

    pub(super) fn step_up(&self) -> StepUp {
        StepUp {
            verification: self.verification(),
            authentication: self.authentication(),
            step_ups: self.stores.store.clone(),
            totp: self.totp_proof(),
        }
    }

    fn totp_proof(&self) -> TotpProof {
        TotpProof {
            verification: self.verification(),
            users: self.stores.store.clone(),
            authenticators: self.stores.store.clone(),
            seeds: self.keys.clone(),
            digests: self.keys.clone(),
            policy: TotpPolicy::default(),
        }
    }

    pub(super) fn totp(&self) -> Totp {
        Totp {
            proof: self.totp_proof(),
            authentication: self.authentication(),
            profile: self.profile(),
            held: self.stores.store.clone(),
            hold: Duration::from_hours(24),
        }
    }

    pub(super) fn delivery(&self) -> Delivery {
        Delivery {
            moment: self.moment.clone(),
            gate: self.sms_gate(),
            outbox: self.stores.store.clone(),
            keys: self.keys.clone(),
            undo_tokens: self.keys.clone(),
            mail: Route::new([Provider::new("relay", self.mail.clone())]),
            sms: Route::new([Provider::new("gateway", self.sms.clone())]),
            policy: DeliveryPolicy::default(),
        }
    }
}
