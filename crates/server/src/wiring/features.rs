use std::{sync::Arc, time::Duration};

use doorward_app::{
    Moment,
    delivery::{Backoff, Delivery, DeliveryPolicy},
    flow::Verification,
    introspection::Introspection,
    password_login::{PasswordAlone, PasswordLogin, Rehashing},
    phone_login::{PhoneLogin, SmsPolicy},
    profile::Profile,
    recovery::Recovery,
    registration::Registration,
    sessions::Authentication,
    step_up::StepUp,
    undo::{Undo, Undos},
};
use doorward_crypto::{Argon2Hasher, HashParameters, OsRandom};
use doorward_http::Api;
use doorward_otp::{Challenges, Digits, Policy};
use doorward_user::{PasswordHasher, PasswordPolicy};

use super::{Keys, Ports, Providers, clients};
use crate::{
    run::{RehashTasks, WakeBell},
    settings::{self, Countries, Settings},
};

/// The longest wait between tries of a message.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// The use cases, ready to be called.
#[derive(Clone)]
pub(crate) struct Features {
    /// What the routes call.
    pub(crate) api: Api,
    /// What the workers call.
    pub(crate) delivery: Delivery,
    /// What wakes the workers.
    pub(crate) bell: Arc<WakeBell>,
    /// What the sweep forgets.
    pub(crate) challenges: Arc<dyn Challenges>,
    /// What the sweep forgets, too.
    pub(crate) undos: Arc<dyn Undos>,
}

/// Puts the use cases together.
pub(crate) fn features(
    settings: &Settings,
    ports: &Ports,
    keys: &Keys,
    providers: Providers,
) -> anyhow::Result<Features> {
    let moment = Moment { clock: keys.clock.clone(), random: Arc::new(OsRandom) };
    let bell = Arc::new(WakeBell::default());
    let parameters = HashParameters::new(settings.password.memory_kib, settings.password.iterations, 1)?;
    let hasher: Arc<dyn PasswordHasher> =
        Arc::new(Argon2Hasher::start(keys.ring.clone(), Arc::new(OsRandom), parameters)?);
    let verification = Verification {
        moment: moment.clone(),
        challenges: ports.challenges.clone(),
        flows: ports.flows.clone(),
        keys: keys.ring.clone(),
        tokens: keys.ring.clone(),
        bell: bell.clone(),
        policy: otp_policy(settings),
    };
    let authentication = Authentication {
        moment: moment.clone(),
        sessions: ports.sessions.clone(),
        signed_ins: ports.signed_ins.clone(),
        tokens: keys.ring.clone(),
        signer: keys.ring.clone(),
        bell: bell.clone(),
        policy: session_policy(settings),
    };
    let rehashing = Rehashing { moment: moment.clone(), hasher: hasher.clone(), logins: ports.password_logins.clone() };
    let rehashes = Arc::new(RehashTasks(rehashing));
    let api = Api {
        registration: Registration {
            verification: verification.clone(),
            users: ports.users.clone(),
            registrations: ports.registrations.clone(),
            hasher: hasher.clone(),
        },
        phone_login: PhoneLogin {
            verification: verification.clone(),
            users: ports.users.clone(),
            logins: ports.phone_logins.clone(),
            hasher: hasher.clone(),
            rehashes: rehashes.clone(),
            sms: sms_policy(settings),
            sessions: session_policy(settings),
        },
        password_login: PasswordLogin {
            verification: verification.clone(),
            users: ports.users.clone(),
            logins: ports.password_logins.clone(),
            hasher: hasher.clone(),
            rehashes,
            sms: sms_policy(settings),
            alone: password_alone(settings),
            sessions: session_policy(settings),
        },
        recovery: Recovery {
            verification: verification.clone(),
            users: ports.users.clone(),
            recoveries: ports.recoveries.clone(),
            hasher: hasher.clone(),
            policy: PasswordPolicy { min_length: settings.password.min_length },
            hold: settings.recovery.hold,
        },
        undo: Undo {
            moment: moment.clone(),
            users: ports.users.clone(),
            undos: ports.undos.clone(),
            tokens: keys.ring.clone(),
            bell: bell.clone(),
        },
        profile: Profile {
            verification: verification.clone(),
            users: ports.users.clone(),
            profiles: ports.profiles.clone(),
            hasher,
        },
        clients: clients(keys.clock.clone(), ports),
        introspection: Introspection {
            authentication: authentication.clone(),
            issuer: settings.token.issuer.clone(),
            audience: settings.token.audience.clone(),
        },
        step_up: StepUp {
            verification: verification.clone(),
            authentication: authentication.clone(),
            step_ups: ports.step_ups.clone(),
            sms: sms_policy(settings),
        },
        authentication,
        verification,
    };
    let delivery = Delivery {
        moment,
        outbox: ports.outbox.clone(),
        keys: keys.ring.clone(),
        undo_tokens: keys.ring.clone(),
        mail: providers.mail,
        sms: providers.sms,
        policy: delivery_policy(settings),
    };
    Ok(Features { api, delivery, bell, challenges: ports.challenges.clone(), undos: ports.undos.clone() })
}

const fn password_alone(settings: &Settings) -> PasswordAlone {
    if settings.password.single_factor { PasswordAlone::Suffices } else { PasswordAlone::NeverSuffices }
}

fn otp_policy(settings: &Settings) -> Policy {
    let otp = &settings.otp;
    Policy {
        digits: Digits::new(otp.digits).unwrap_or(Digits::SIX),
        email_ttl: otp.email_ttl.min(settings.flow.ttl),
        sms_ttl: otp.sms_ttl.min(settings.flow.ttl),
        flow_ttl: settings.flow.ttl,
        max_tries: otp.max_attempts,
        max_sends: otp.max_sends,
        resend_after: otp.resend_after.clone(),
    }
}

fn session_policy(settings: &Settings) -> doorward_session::Policy {
    let session = &settings.session;
    doorward_session::Policy {
        idle: session.idle,
        absolute: session.absolute,
        aal2_idle: session.aal2_idle,
        aal2_absolute: session.aal2_absolute,
        refresh_leeway: session.refresh_leeway,
        access_ttl: settings.token.access_ttl,
        max_per_user: session.max_per_user,
        require: match session.require {
            settings::Assurance::Aal1 => doorward_session::Assurance::Aal1,
            settings::Assurance::Aal2 => doorward_session::Assurance::Aal2,
        },
        fresh: settings.step_up.fresh,
    }
}

fn delivery_policy(settings: &Settings) -> DeliveryPolicy {
    let delivery = &settings.delivery;
    DeliveryPolicy {
        lease: delivery.lease,
        backoff: Backoff { first: delivery.retry_first, longest: LONGEST_WAIT },
        max_tries: delivery.max_tries,
        ..DeliveryPolicy::default()
    }
}

pub(super) fn sms_policy(settings: &Settings) -> SmsPolicy {
    let countries = match &settings.sms.allowed_countries {
        Countries::Every => None,
        Countries::Only(countries) => Some(countries.clone()),
    };
    SmsPolicy { countries }
}
