use std::{net::IpAddr, time::Duration};

use doorward_app::limits::SmsPolicy;
use doorward_kernel::Country;
use doorward_user::PasswordPolicy;
use url::Url;

use crate::{Network, Origin};

/// The settings of the HTTP interface.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The address under which clients reach the service.
    pub public_url: Url,
    /// The prefix that all routes are mounted under: empty, or `/` and more without a `/` at its end.
    pub base_path: String,
    /// The origins, beside our own, whose pages may call the service.
    pub allowed_origins: Vec<Origin>,
    /// The headers, beside our own, that those pages may send, in lower case.
    pub allowed_headers: Vec<String>,
    /// The prefix of the `type` of a problem; its slug follows.
    pub problem_base: String,
    /// The most bytes a body may have.
    pub body_limit: usize,
    /// The longest time a body may take to arrive.
    pub body_timeout: Duration,
    /// The time that an idle connection is kept.
    pub keep_alive: Duration,
    /// The time that calls are still taken once the service is asked to stop.
    pub shutdown_delay: Duration,
    /// The networks whose word on a client's address is believed.
    pub trusted_proxies: Vec<Network>,
    /// The header in which trusted proxies list the addresses a request came from, in lower case.
    pub client_ip_header: String,
    /// The rules for new passwords.
    pub password: PasswordPolicy,
    /// The countries that numbers may be of.
    pub sms: SmsPolicy,
    /// The country that numbers without a leading `+` are read in.
    pub default_region: Option<Country>,
}

impl HttpSettings {
    /// The defaults, for a service at that address.
    pub fn new(public_url: Url) -> Self {
        Self {
            base_path: String::new(),
            allowed_origins: Vec::new(),
            allowed_headers: Vec::new(),
            problem_base: format!("{}/problems/", public_url.as_str().trim_end_matches('/')),
            body_limit: 16 * 1024,
            body_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            shutdown_delay: Duration::ZERO,
            trusted_proxies: Vec::new(),
            client_ip_header: "x-forwarded-for".to_owned(),
            password: PasswordPolicy::default(),
            sms: SmsPolicy::default(),
            default_region: None,
            public_url,
        }
    }

    /// The address that all routes are under, without a `/` at its end.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.public_url.as_str().trim_end_matches('/'), self.base_path)
    }

    /// Returns whether clients reach the service by https only.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Returns whether pages of that origin may change things: our own or a listed one.
    pub fn is_own_or_listed(&self, origin: &str) -> bool {
        self.public_url.origin().ascii_serialization() == origin
            || self.is_same_loopback(origin)
            || self.is_listed(origin)
    }

    /// On loopback by http, as in dev: the same service under the machine's other name for itself.
    fn is_same_loopback(&self, origin: &str) -> bool {
        let is_loopback = |url: &Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let is_same = |other: Url| {
            other.origin().ascii_serialization() == origin
                && is_loopback(&other)
                && other.scheme() == "http"
                && other.port() == self.public_url.port()
        };
        !self.is_https() && is_loopback(&self.public_url) && Url::parse(origin).is_ok_and(is_same)
    }

    /// Returns whether what the address says of a client is believed.
    pub fn is_trusted_proxy(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }

    /// Returns whether pages of that origin get CORS answers.
    pub fn is_listed(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|listed| listed.as_str() == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_ours_to_the_letter_only() {
        let mut settings = HttpSettings::new(Url::parse("https://auth.example.com/door").unwrap());
        settings.allowed_origins = vec![Origin::parse("https://app.example.com").unwrap()];

        for origin in ["https://auth.example.com", "https://app.example.com"] {
            assert!(settings.is_own_or_listed(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://auth.example.com",
            "https://auth.example.com:444",
            "https://auth.example.com.evil.test",
            "https://app.example.com/",
            "https://APP.example.com",
        ] {
            assert!(!settings.is_own_or_listed(origin), "{origin}");
        }
    }
}
