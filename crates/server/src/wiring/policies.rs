//! The numbers of the settings, as the use cases take them.

use std::time::Duration;

use doorward_app::{
    Policies,
    delivery::{Backoff, DeliveryPolicy, Outcomes},
    limits::{PriceList, ProofOfWork, SmsPolicy},
    password_login::PasswordAlone,
    phone_login::Dormancy,
    reviewers::Reviewers,
    totp::TotpPolicy,
};
use doorward_kernel::PhoneChannel;
use doorward_limit::LockoutPolicy;
use doorward_otp::{Digits, Policy};
use doorward_user::PasswordPolicy;

use crate::settings::{self, Countries, Prices, Settings};

/// The longest wait between tries of a message.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// All of them.
pub(super) fn policies(settings: &Settings) -> Policies {
    Policies {
        limits: settings.limits.with_wrong_codes(settings.otp.wrong_per_identifier.clone()),
        lockouts: lockout_policy(settings),
        puzzle_difficulty: ProofOfWork::DIFFICULTY,
        otp: otp_policy(settings),
        sessions: session_policy(settings),
        passwords: password_policy(settings),
        password_alone: password_alone(settings),
        dormancy: Dormancy { after: settings.phone.dormant_after.0 },
        reviewers: Reviewers::new(settings.otp.reviewers()),
        hold: settings.recovery.hold,
        totp: TotpPolicy { issuer: settings.texts.service.clone(), setup_ttl: settings.flow.ttl },
        sms: sms_policy(settings),
        delivery: delivery_policy(settings),
        issuer: settings.token.issuer.clone(),
        audience: settings.token.audience.clone(),
    }
}

pub(super) const fn password_policy(settings: &Settings) -> PasswordPolicy {
    PasswordPolicy { min_length: settings.password.min_length }
}

const fn password_alone(settings: &Settings) -> PasswordAlone {
    if settings.password.single_factor { PasswordAlone::Suffices } else { PasswordAlone::NeverSuffices }
}

fn otp_policy(settings: &Settings) -> Policy {
    let otp = &settings.otp;
    Policy {
        digits: Digits::new(otp.digits).unwrap_or(Digits::SIX),
        email_ttl: otp.email_ttl.min(settings.flow.ttl),
        phone_ttl: otp.sms_ttl.min(settings.flow.ttl),
        flow_ttl: settings.flow.ttl,
        max_tries: otp.max_attempts,
        max_sends: otp.max_sends,
        resend_after: otp.resend_after.clone(),
        repeat_leeway: settings.flow.repeat_leeway,
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
        binding: settings.recovery.binding_ttl,
        fresh: settings.step_up.fresh,
    }
}

fn delivery_policy(settings: &Settings) -> DeliveryPolicy {
    let delivery = &settings.delivery;
    DeliveryPolicy {
        lease: delivery.lease,
        backoff: Backoff { first: delivery.retry_first, longest: LONGEST_WAIT },
        breaker_open: delivery.breaker_open,
        refused_open: delivery.refused_open,
        max_tries: delivery.max_tries,
        outcomes: match delivery.outcomes {
            settings::Outcomes::Everyone => Outcomes::Everyone,
            settings::Outcomes::KnownDevices => Outcomes::KnownDevices,
        },
        ..DeliveryPolicy::default()
    }
}

/// The lockout policy for consecutive failures; failures per day are limits.
fn lockout_policy(settings: &Settings) -> LockoutPolicy {
    LockoutPolicy {
        backoff_after: Some(settings.password.backoff_after.into()),
        disable_after: settings.otp.disable_after.into(),
        ..LockoutPolicy::default()
    }
}

pub(super) fn sms_policy(settings: &Settings) -> SmsPolicy {
    let countries = match &settings.sms.allowed_countries {
        Countries::Every => None,
        Countries::Only(countries) => Some(countries.clone()),
    };
    let prices = PhoneChannel::ALL.iter().filter_map(|channel| {
        let Prices { by_country, elsewhere } = settings.prices(*channel)?;
        Some((*channel, PriceList { by_country, elsewhere }))
    });
    SmsPolicy { countries, prices: prices.collect() }
}
