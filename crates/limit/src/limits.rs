use crate::{DetectorPolicy, Limit, Rate};

/// Every limit and its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls of credential endpoints, per host.
    pub ip_credentials: Limit,
    /// Failed checks, per host.
    pub ip_failures: Limit,
    /// Starts that would send, per host.
    pub ip_sends: Limit,
    /// Registrations started, per host.
    pub ip_registrations: Limit,
    /// Failed checks, per network.
    pub net_failures: Limit,
    /// Starts that would send, per network.
    pub net_sends: Limit,
    /// Mails with codes, per address; [`EMAIL_RESERVE`](Self::EMAIL_RESERVE) are not for strangers.
    pub email: Limit,
    /// SMS, per number.
    pub sms: Limit,
    /// SMS to unverified numbers, per first seven digits.
    pub sms_prefix: Limit,
    /// SMS to unverified numbers, per country: 5 % of the day's bucket an hour.
    pub sms_country: Limit,
    /// SMS of all.
    pub sms_budget: Limit,
    /// The cost of all SMS, in the smallest unit of a currency; off unless the operator sets it.
    pub sms_spend: Limit,
    /// Calls that say a code, of all; each counts as an SMS, too.
    pub voice_budget: Limit,
    /// Mails of all.
    pub email_budget: Limit,
    /// SMS of all, in the short run.
    pub sms_rate: Limit,
    /// Mails of all, in the short run.
    pub email_rate: Limit,
    /// Sensitive changes, per account.
    pub sensitive_changes: Limit,
    /// Changes of address or number, per account.
    pub identifier_changes: Limit,
    /// Refreshes, per session.
    pub refresh: Limit,
    /// Wrong secrets of resource servers, per host.
    pub client_failures: Limit,
    /// Wrong passwords, per account and caller.
    pub password_failures: Limit,
    /// Wrong codes, per authenticator and caller; the setting `otp.wrong_per_identifier`.
    pub wrong_codes: Limit,
    /// When failed codes make the threat level elevated.
    pub otp_breaker: DetectorPolicy,
    /// When failed passwords make the threat level elevated.
    pub password_breaker: DetectorPolicy,
}

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

impl Limits {
    /// Mails a day kept for a session, a right password or a known device.
    pub const EMAIL_RESERVE: u32 = 2;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ip_credentials: Rate::fixed(60, MINUTE, 20).into(),
            ip_failures: Limit::fixed(&[(20, 10 * MINUTE), (60, HOUR)]),
            ip_sends: Limit::fixed(&[(5, 10 * MINUTE), (20, DAY)]),
            ip_registrations: Limit::fixed(&[(5, HOUR), (20, DAY)]),
            net_failures: Limit::fixed(&[(200, HOUR)]),
            net_sends: Limit::fixed(&[(60, HOUR)]),
            email: Limit::fixed(&[(5, DAY)]),
            sms: Limit::fixed(&[(5, HOUR), (10, DAY)]),
            sms_prefix: Limit::fixed(&[(20, HOUR)]),
            sms_country: Limit::fixed(&[(50, HOUR)]),
            sms_budget: Limit::fixed(&[(1000, DAY)]),
            sms_spend: Limit::OFF,
            voice_budget: Limit::fixed(&[(100, DAY)]),
            email_budget: Limit::fixed(&[(20_000, DAY)]),
            sms_rate: Limit::fixed(&[(10, 1)]),
            email_rate: Limit::fixed(&[(50, 1)]),
            sensitive_changes: Limit::fixed(&[(5, DAY)]),
            identifier_changes: Limit::fixed(&[(2, DAY)]),
            refresh: Limit::fixed(&[(10, MINUTE)]),
            client_failures: Limit::fixed(&[(10, MINUTE)]),
            password_failures: Limit::fixed(&[(20, DAY)]),
            wrong_codes: Limit::fixed(&[(20, DAY)]),
            otp_breaker: DetectorPolicy::OTP,
            password_breaker: DetectorPolicy::PASSWORD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page says what the code does; a default changes in both.
    #[test]
    fn the_page_names_every_default() {
        let page = include_str!("../../../docs/security/limits.md");
        let limits = Limits::default();
        for (key, limit) in [
            ("limits.ip_credentials", &limits.ip_credentials),
            ("limits.ip_failures", &limits.ip_failures),
            ("limits.ip_sends", &limits.ip_sends),
            ("limits.ip_registrations", &limits.ip_registrations),
            ("limits.net_failures", &limits.net_failures),
            ("limits.net_sends", &limits.net_sends),
            ("limits.email", &limits.email),
            ("limits.sms", &limits.sms),
            ("limits.sms_prefix", &limits.sms_prefix),
            ("limits.sms_country", &limits.sms_country),
            ("limits.sms_budget", &limits.sms_budget),
            ("limits.sms_spend", &limits.sms_spend),
            ("limits.voice_budget", &limits.voice_budget),
            ("limits.email_budget", &limits.email_budget),
            ("limits.sms_rate", &limits.sms_rate),
            ("limits.email_rate", &limits.email_rate),
            ("limits.sensitive_changes", &limits.sensitive_changes),
            ("limits.identifier_changes", &limits.identifier_changes),
            ("limits.refresh", &limits.refresh),
            ("limits.client_failures", &limits.client_failures),
            ("limits.password_failures", &limits.password_failures),
            ("otp.wrong_per_identifier", &limits.wrong_codes),
        ] {
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
