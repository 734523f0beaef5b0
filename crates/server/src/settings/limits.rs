use doorward_limit::{DetectorPolicy, Limit};
use serde::{Deserialize, Serialize};

use super::{detector_table, limit_text, setting_errors::SettingErrors};

macro_rules! limits {
    ($($(#[$doc:meta])* $key:ident,)*) => {
        /// `limits`: how much of what, and how often.
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $($(#[$doc])* #[serde(with = "limit_text")] pub $key: Limit,)*
            /// When failed codes make the threat level elevated.
            #[serde(with = "detector_table")]
            pub otp_breaker: DetectorPolicy,
            /// When failed passwords make the threat level elevated.
            #[serde(with = "detector_table")]
            pub password_breaker: DetectorPolicy,
        }

        impl Default for Limits {
            fn default() -> Self {
                let doorward_limit::Limits { $($key,)* otp_breaker, password_breaker, .. } =
                    doorward_limit::Limits::default();
                Self { $($key,)* otp_breaker, password_breaker }
            }
        }

        impl Limits {
            /// The limits as the use cases take them.
            pub(crate) fn with_wrong_codes(&self, wrong_codes: Limit) -> doorward_limit::Limits {
                let Self { $($key,)* otp_breaker, password_breaker } = self.clone();
                doorward_limit::Limits { $($key,)* otp_breaker, password_breaker, wrong_codes }
            }
        }
    };
}

limits! {
    /// Calls of credential endpoints, per host.
    ip_credentials,
    /// Failed checks, per host.
    ip_failures,
    /// Starts that would send, per host.
    ip_sends,
    /// Registrations started, per host.
    ip_registrations,
    /// Failed checks, per network.
    net_failures,
    /// Starts that would send, per network.
    net_sends,
    /// Mails with codes, per address.
    email,
    /// SMS, per number.
    sms,
    /// SMS to unverified numbers, per first seven digits.
    sms_prefix,
    /// SMS to unverified numbers, per country.
    sms_country,
    /// SMS of all.
    sms_budget,
    /// The cost of all SMS, in the unit of `sms.prices`.
    sms_spend,
    /// Calls that say a code, of all.
    voice_budget,
    /// Mails of all.
    email_budget,
    /// SMS of all, in the short run.
    sms_rate,
    /// Mails of all, in the short run.
    email_rate,
    /// Sensitive changes, per account.
    sensitive_changes,
    /// Changes of address or number, per account.
    identifier_changes,
    /// Refreshes, per session.
    refresh,
    /// Wrong secrets of resource servers, per host.
    client_failures,
    /// Wrong passwords, per identifier.
    password_failures,
}

impl Limits {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        let reserve = doorward_limit::Limits::EMAIL_RESERVE;
        let problem = format!(
            "must be more than {reserve} in each window: {reserve} are kept for people who are known, \
             and nobody could register"
        );
        faults.unless(self.email.without(reserve).is_some(), "limits.email", problem);
    }

    /// In dev every caller is on this machine, and no stranger: there are no limits of hosts and networks.
    pub(super) fn trust_hosts(&mut self, is_open: impl Fn(&str) -> bool) {
        for (key, limit) in [
            ("limits.ip_credentials", &mut self.ip_credentials),
            ("limits.ip_failures", &mut self.ip_failures),
            ("limits.ip_sends", &mut self.ip_sends),
            ("limits.ip_registrations", &mut self.ip_registrations),
            ("limits.net_failures", &mut self.net_failures),
            ("limits.net_sends", &mut self.net_sends),
            ("limits.client_failures", &mut self.client_failures),
        ] {
            if is_open(key) {
                *limit = Limit::OFF;
            }
        }
    }
}
