use std::sync::Arc;

use crate::{
    App, Parts,
    binding::Binding,
    claims::ClaimDrops,
    clients::Clients,
    delivery::{Delivery, EnteredCodes, Replays, Reports, Route},
    flow::Verification,
    introspection::Introspection,
    limits::{BufferedBuckets, Lockouts, PhoneGate, ProofOfWork, RateLimiter, SprayDetector},
    password_login::PasswordLogin,
    phone_login::PhoneLogin,
    profile::Profile,
    recovery::Recovery,
    registration::Registration,
    sessions::Authentication,
    step_up::StepUp,
    totp::{Totp, TotpCodes},
    undo::Undo,
};

impl App {
    /// Puts the use cases together: the one place where each gets its ports.
    pub fn new(parts: Parts) -> Self {
        Assembly::of(parts).app()
    }
}

/// The parts of use cases, and what several of them share.
struct Assembly {
    parts: Parts,
    buckets: Arc<BufferedBuckets>,
    limiter: Arc<RateLimiter>,
    verification: Verification,
    authentication: Authentication,
    totp_codes: TotpCodes,
    profile: Profile,
}

impl Assembly {
    fn of(parts: Parts) -> Self {
        let buckets = Arc::new(BufferedBuckets::new(parts.store.clone()));
        let limiter = Arc::new(limiter(&parts, &buckets));
        let verification = verification(&parts, &limiter);
        Self {
            authentication: authentication(&parts, &limiter),
            totp_codes: totp_codes(&parts, &verification),
            profile: profile(&parts, &verification),
            parts,
            buckets,
            limiter,
            verification,
        }
    }

    fn app(self) -> App {
        let delivery = self.delivery();
        App {
            registration: self.registration(),
            phone_login: self.phone_login(),
            password_login: self.password_login(),
            recovery: self.recovery(),
            binding: self.binding(),
            undo: self.undo(),
            step_up: self.step_up(),
            totp: self.totp(),
            introspection: self.introspection(),
            reports: Reports { delivery: delivery.clone(), signal: self.parts.signal.clone() },
            delivery,
            claim_drops: self.claim_drops(),
            lockouts: self.verification.lockouts.clone(),
            verification: self.verification,
            authentication: self.authentication,
            profile: self.profile,
            limiter: self.limiter,
            buckets: self.buckets,
        }
    }

    fn registration(&self) -> Registration {
        Registration {
            verification: self.verification.clone(),
            users: self.parts.store.clone(),
            registrations: self.parts.store.clone(),
            hasher: self.parts.hasher.clone(),
            breaches: self.parts.breaches.clone(),
        }
    }

    fn phone_login(&self) -> PhoneLogin {
        PhoneLogin {
            verification: self.verification.clone(),
            users: self.parts.store.clone(),
            logins: self.parts.store.clone(),
            hasher: self.parts.hasher.clone(),
            rehashes: self.parts.rehashes.clone(),
            totp: self.totp_codes.clone(),
            sessions: self.parts.policies.sessions,
            dormancy: self.parts.policies.dormancy,
        }
    }

    fn password_login(&self) -> PasswordLogin {
        PasswordLogin {
            verification: self.verification.clone(),
            users: self.parts.store.clone(),
            logins: self.parts.store.clone(),
            hasher: self.parts.hasher.clone(),
            rehashes: self.parts.rehashes.clone(),
            hold: self.parts.policies.hold,
            sms: self.parts.policies.sms.clone(),
            alone: self.parts.policies.password_alone,
            sessions: self.parts.policies.sessions,
        }
    }

    fn recovery(&self) -> Recovery {
        Recovery {
            verification: self.verification.clone(),
            users: self.parts.store.clone(),
            profiles: self.parts.store.clone(),
            totp: self.totp_codes.clone(),
            hasher: self.parts.hasher.clone(),
            policy: self.parts.policies.passwords,
            breaches: self.parts.breaches.clone(),
            hold: self.parts.policies.hold,
        }
    }

    fn binding(&self) -> Binding {
        Binding {
            verification: self.verification.clone(),
            users: self.parts.store.clone(),
            bindings: self.parts.store.clone(),
            profile: self.profile.clone(),
            sessions: self.parts.policies.sessions,
            hold: self.parts.policies.hold,
        }
    }

    fn undo(&self) -> Undo {
        Undo {
            clock_and_ids: self.parts.clock_and_ids.clone(),
            users: self.parts.store.clone(),
            undos: self.parts.store.clone(),
            tokens: self.parts.keys.clone(),
            signal: self.parts.signal.clone(),
            limiter: self.limiter.clone(),
        }
    }

    fn step_up(&self) -> StepUp {
        StepUp {
            verification: self.verification.clone(),
            authentication: self.authentication.clone(),
            totp: self.totp_codes.clone(),
        }
    }

    fn totp(&self) -> Totp {
        Totp {
            codes: self.totp_codes.clone(),
            authentication: self.authentication.clone(),
            profile: self.profile.clone(),
            pending: self.parts.store.clone(),
            hold: self.parts.policies.hold,
        }
    }

    fn introspection(&self) -> Introspection {
        Introspection {
            authentication: self.authentication.clone(),
            clients: Clients {
                clock_and_ids: self.parts.clock_and_ids.clone(),
                servers: self.parts.store.clone(),
                secrets: self.parts.client_secrets.clone(),
            },
            issuer: self.parts.policies.issuer.clone(),
            audience: self.parts.policies.audience.clone(),
        }
    }

    fn delivery(&self) -> Delivery {
        Delivery {
            clock_and_ids: self.parts.clock_and_ids.clone(),
            gate: self.verification.phone_gate.clone(),
            outbox: self.parts.store.clone(),
            keys: self.parts.keys.clone(),
            undo_tokens: self.parts.keys.clone(),
            report_tokens: self.parts.keys.clone(),
            deliveries: self.parts.store.clone(),
            replays: self.verification.replays.clone(),
            entered_codes: self.verification.entered_codes.clone(),
            mail: Route::new(self.parts.mail.clone()),
            phones: Route::new(self.parts.phones.clone()),
            policy: self.parts.policies.delivery,
        }
    }

    fn claim_drops(&self) -> ClaimDrops {
        ClaimDrops {
            clock_and_ids: self.parts.clock_and_ids.clone(),
            signal: self.parts.signal.clone(),
            claims: self.parts.store.clone(),
        }
    }
}

fn limiter(parts: &Parts, buckets: &Arc<BufferedBuckets>) -> RateLimiter {
    RateLimiter {
        clock_and_ids: parts.clock_and_ids.clone(),
        incidents: parts.store.clone(),
        memory: Arc::default(),
        buckets: buckets.clone(),
        digests: parts.keys.clone(),
        tokens: parts.keys.clone(),
        users: parts.store.clone(),
        spray: Arc::new(SprayDetector::new(parts.store.clone(), &parts.policies.limits)),
        puzzles: Arc::new(ProofOfWork {
            digests: parts.keys.clone(),
            sha256: parts.sha256,
            random: parts.clock_and_ids.random.clone(),
            difficulty: parts.policies.puzzle_difficulty,
        }),
        limits: Arc::new(parts.policies.limits.clone()),
    }
}

fn verification(parts: &Parts, limiter: &Arc<RateLimiter>) -> Verification {
    Verification {
        clock_and_ids: parts.clock_and_ids.clone(),
        flows: parts.store.clone(),
        keys: parts.keys.clone(),
        epochs: parts.epochs.clone(),
        signal: parts.signal.clone(),
        limiter: limiter.clone(),
        lockouts: Lockouts {
            limiter: limiter.clone(),
            policy: parts.policies.lockouts,
            reviewers: parts.policies.reviewers.clone(),
        },
        phone_gate: PhoneGate {
            limiter: limiter.clone(),
            conversion_breakers: parts.store.clone(),
            posture: Arc::default(),
            policy: parts.policies.sms.clone(),
        },
        phones: Route::new(parts.phones.clone()),
        policy: parts.policies.otp.clone(),
        deliveries: parts.store.clone(),
        outcomes: parts.policies.delivery.outcomes,
        replays: Replays::default(),
        entered_codes: EnteredCodes::default(),
    }
}

fn authentication(parts: &Parts, limiter: &Arc<RateLimiter>) -> Authentication {
    Authentication {
        clock_and_ids: parts.clock_and_ids.clone(),
        sessions: parts.store.clone(),
        epochs: parts.epochs.clone(),
        tokens: parts.keys.clone(),
        signer: parts.keys.clone(),
        signal: parts.signal.clone(),
        limiter: limiter.clone(),
        policy: parts.policies.sessions,
    }
}

fn totp_codes(parts: &Parts, verification: &Verification) -> TotpCodes {
    TotpCodes {
        verification: verification.clone(),
        users: parts.store.clone(),
        authenticators: parts.store.clone(),
        keys: parts.keys.clone(),
        policy: parts.policies.totp.clone(),
    }
}

fn profile(parts: &Parts, verification: &Verification) -> Profile {
    Profile {
        verification: verification.clone(),
        users: parts.store.clone(),
        profiles: parts.store.clone(),
        hasher: parts.hasher.clone(),
        breaches: parts.breaches.clone(),
    }
}
