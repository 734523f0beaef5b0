use std::{sync::Arc, time::Duration};

use doorward_app::{
    Moment,
    delivery::{Backoff, Delivery, DeliveryPolicy},
    flow::Verification,
    introspection::Introspection,
    phone_login::{PhoneLogin, SmsPolicy},
    profile::Profile,
    registration::Registration,
    sessions::Authentication,
    step_up::StepUp,
};
use doorward_crypto::{Argon2Hasher, HashParameters, OsRandom};
use doorward_http::Api;
use doorward_otp::{Challenges, Digits, Policy};
use doorward_user::PasswordHasher;

use super::{Keys, Ports, Providers, clients};
use crate::{
    run::WakeBell,
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
            sms: sms_policy(settings),
            sessions: session_policy(settings),
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
        mail: providers.mail,
        sms: providers.sms,
        policy: delivery_policy(settings),
    };
    Ok(Features { api, delivery, bell, challenges: ports.challenges.clone() })
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
