use crate::{BucketKind, DetectorPolicy, Limit, Rate};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// Makes each limit a field, a default, and a kind of buckets.
macro_rules! limits {
    ($($(#[$doc:meta])* $kind:ident $key:ident = $default:expr,)*) => {
        /// Every limit and its default.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $($(#[$doc])* pub $key: Limit,)*
            /// When failed codes make the threat level elevated.
            pub otp_breaker: DetectorPolicy,
            /// When failed passwords make the threat level elevated.
            pub password_breaker: DetectorPolicy,
        }

        impl Default for Limits {
            fn default() -> Self {
                Self {
                    $($key: $default,)*
                    otp_breaker: DetectorPolicy::OTP,
                    password_breaker: DetectorPolicy::PASSWORD,
                }
            }
        }

        impl BucketKind {
            $($(#[$doc])* pub const $kind: Self = Self::new(stringify!($key));)*
        }

        #[cfg(test)]
        impl Limits {
            fn list(&self) -> Vec<(&'static str, &Limit)> {
                vec![$((stringify!($key), &self.$key)),*]
            }
        }
    };
}

limits! {
    /// Calls of credential endpoints, per host.
    IP_CREDENTIALS ip_credentials = Rate::fixed(60, MINUTE, 20).into(),
    /// Failed checks, per host.
    IP_FAILURES ip_failures = Limit::fixed(&[(20, 10 * MINUTE), (60, HOUR)]),
    /// Starts that would send, per host.
    IP_SENDS ip_sends = Limit::fixed(&[(5, 10 * MINUTE), (20, DAY)]),
    /// Registrations started, per host.
    IP_REGISTRATIONS ip_registrations = Limit::fixed(&[(5, HOUR), (20, DAY)]),
    /// Failed checks, per network.
    NET_FAILURES net_failures = Limit::fixed(&[(200, HOUR)]),
    /// Starts that would send, per network.
    NET_SENDS net_sends = Limit::fixed(&[(60, HOUR)]),
    /// Mails with codes, per address; [`EMAIL_RESERVE`](Limits::EMAIL_RESERVE) are not for strangers.
    EMAIL email = Limit::fixed(&[(5, DAY)]),
    /// SMS, per number.
    SMS sms = Limit::fixed(&[(5, HOUR), (10, DAY)]),
    /// SMS to unverified numbers, per first seven digits.
    SMS_PREFIX sms_prefix = Limit::fixed(&[(20, HOUR)]),
    /// SMS to unverified numbers, per country: 5 % of the day's bucket an hour.
    SMS_COUNTRY sms_country = Limit::fixed(&[(50, HOUR)]),
    /// SMS of all.
    SMS_BUDGET sms_budget = Limit::fixed(&[(1000, DAY)]),
    /// The cost of all SMS, in the smallest unit of a currency; off unless the operator sets it.
    SMS_SPEND sms_spend = Limit::OFF,
    /// Calls that say a code, of all, and half of them to unverified numbers; each counts as an SMS, too.
    VOICE_BUDGET voice_budget = Limit::fixed(&[(100, DAY)]),
    /// Mails of all.
    EMAIL_BUDGET email_budget = Limit::fixed(&[(20_000, DAY)]),
    /// SMS of all, in the short run.
    SMS_RATE sms_rate = Limit::fixed(&[(10, 1)]),
    /// Mails of all, in the short run.
    EMAIL_RATE email_rate = Limit::fixed(&[(50, 1)]),
    /// Sensitive changes, per account.
    SENSITIVE_CHANGES sensitive_changes = Limit::fixed(&[(5, DAY)]),
    /// Changes of address or number, per account.
    IDENTIFIER_CHANGES identifier_changes = Limit::fixed(&[(2, DAY)]),
    /// Refreshes, per session.
    REFRESH refresh = Limit::fixed(&[(10, MINUTE)]),
    /// Wrong secrets of resource servers, per host.
    CLIENT_FAILURES client_failures = Limit::fixed(&[(10, MINUTE)]),
    /// Wrong passwords, per account and caller.
    PASSWORD_FAILURES password_failures = Limit::fixed(&[(20, DAY)]),
    /// Wrong codes, per authenticator or claimed identifier and caller; the setting `otp.wrong_per_identifier`.
    WRONG_CODES wrong_codes = Limit::fixed(&[(20, DAY)]),
}

impl Limits {
    /// Mails a day kept for a right password or a known device of the account that has the address.
    pub const EMAIL_RESERVE: u32 = 2;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page says what the code does; a default changes in both.
    #[test]
    fn the_page_names_every_default() {
        let page = include_str!("../../../docs/security/limits.md");
        let limits = Limits::default();
        for (name, limit) in limits.list() {
            let key = if name == "wrong_codes" { "otp.wrong_per_identifier".into() } else { format!("limits.{name}") };
            assert_eq!(Limit::parse_all(&limit.texts()), Ok(limit.clone()));
            let texts: Vec<_> = limit.texts().iter().map(|text| format!("`{text}`")).collect();
            let row = format!("| `{key}` | {} |", texts.join(", "));
            assert!(page.contains(&row), "the page lacks: {row}");
        }
    }

    #[test]
    fn a_country_has_five_percent_of_the_day_an_hour() {
        let limits = Limits::default();
        let day = limits.sms_budget.rates()[0];

        assert_eq!(limits.sms_country.rates()[0].count(), day.count() / 20);
    }
}
