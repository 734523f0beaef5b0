use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use doorward_http::{Network, Origin};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    load::Profile,
    setting_errors::SettingErrors,
    text::{self, Text},
    url::is_safe,
};

/// `http`: where the service listens and how it is reached.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where the service listens.
    #[serde(with = "text")]
    pub listen: SocketAddr,
    /// The address that serves health and metrics.
    #[serde(with = "text")]
    pub ops_listen: SocketAddr,
    /// The origin by which clients reach the service, without a path.
    #[serde(with = "text")]
    pub public_url: Url,
    /// The path under which every route is mounted: empty, or like `/auth`.
    pub base_path: String,
    /// Other origins whose pages may call the service.
    #[serde(with = "text::list")]
    pub allowed_origins: Vec<Origin>,
    /// The headers that those pages may send beside the ones the service reads, in lower case.
    pub allowed_headers: Vec<String>,
    /// The proxies whose word about the client's address counts.
    #[serde(with = "text::list")]
    pub trusted_proxies: Vec<Network>,
    /// The header by which those proxies tell it, in lower case.
    pub client_ip_header: String,
    /// The longest time that the body of a request may take to arrive.
    #[serde(with = "text")]
    pub body_timeout: Duration,
    /// The time that an idle connection is kept.
    #[serde(with = "text")]
    pub keep_alive: Duration,
    /// The time that calls are still taken once the service is asked to stop.
    #[serde(with = "text")]
    pub shutdown_delay: Duration,
    /// The prefix of the `type` of a problem; the service's own pages when it is not set.
    pub problem_base: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        Self {
            listen,
            ops_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            public_url: local_url(listen),
            base_path: String::new(),
            allowed_origins: Vec::new(),
            allowed_headers: Vec::new(),
            trusted_proxies: Vec::new(),
            client_ip_header: "x-forwarded-for".to_owned(),
            body_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            shutdown_delay: Duration::from_secs(5),
            problem_base: None,
        }
    }
}

/// The URL of a service that listens on this machine's own address.
#[allow(clippy::expect_used, reason = "the text is a URL whatever the port")]
pub(super) fn local_url(listen: SocketAddr) -> Url {
    Url::parse(&format!("http://localhost:{}", listen.port())).expect("a URL")
}

impl Http {
    pub(super) fn check(&self, profile: Profile, faults: &mut SettingErrors) {
        for (setting, address) in [("http.listen", self.listen), ("http.ops_listen", self.ops_listen)] {
            let is_open = profile == Profile::Dev && !address.ip().is_loopback();
            faults.unless(!is_open, setting, "must be a loopback address in dev; use `doorward serve` to be reachable");
        }
        let is_twice = self.listen == self.ops_listen && self.listen.port() != 0;
        faults.unless(!is_twice, "http.ops_listen", "must differ from http.listen");
        faults.unless(self.public_url.path() == "/", "http.public_url", "must have no path; that is http.base_path");
        faults.unless(is_safe(&self.public_url), "http.public_url", "must be https unless the host is loopback");
        let is_base = |base: &String| base.ends_with(['/', '#']) && Url::parse(base).is_ok_and(|url| is_page(&url));
        let is_base = self.problem_base.as_ref().is_none_or(is_base);
        faults.unless(
            is_base,
            "http.problem_base",
            "must be an http or https URL that ends in `/` or `#`, without query",
        );
        let base_path = "must be empty or like /auth: letters, digits, `-`, `_`, `.` and `/`, not at the end";
        faults.unless(is_base_path(&self.base_path), "http.base_path", base_path);
        let wide = "must be your own proxies, together no more than a /8 of IPv4 or a /7 of IPv6: whoever is trusted \
            can claim to be anybody";
        faults.unless(!Network::are_too_wide(&self.trusted_proxies), "http.trusted_proxies", wide);
        let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let is_header = !self.client_ip_header.is_empty() && self.client_ip_header.bytes().all(is_name);
        faults.unless(is_header, "http.client_ip_header", "must be the name of a header, in lower case");
        // Its addresses stand in parameters (RFC 7239), and nobody could be told from anybody else.
        let forwarded = "must list bare addresses; have the proxy send x-forwarded-for, as `Forwarded` is not read";
        faults.unless(self.client_ip_header != "forwarded", "http.client_ip_header", forwarded);
        let are_names = self.allowed_headers.iter().all(|name| !name.is_empty() && name.bytes().all(is_name));
        faults.unless(are_names, "http.allowed_headers", "must be names of headers, in lower case");
        let timeouts = Duration::from_secs(1)..=Duration::from_mins(1);
        faults.unless(timeouts.contains(&self.body_timeout), "http.body_timeout", "must be 1s to 1m");
        let lives = Duration::from_secs(1)..=Duration::from_hours(1);
        faults.unless(lives.contains(&self.keep_alive), "http.keep_alive", "must be 1s to 1h");
        faults.unless(self.shutdown_delay <= Duration::from_mins(5), "http.shutdown_delay", "must be at most 5m");
    }
}

/// Returns whether the URL names a page that anybody may open.
fn is_page(url: &Url) -> bool {
    let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    matches!(url.scheme(), "http" | "https") && is_bare && url.fragment().is_none_or(str::is_empty)
}

fn is_base_path(path: &str) -> bool {
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && !matches!(segment, "." | "..")
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    path.is_empty() || path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_segment))
}

impl Text for Origin {
    const FORM: &'static str = "an origin like https://app.example.com or capacitor://localhost, without a path; \
        http only on loopback, and never `*`";

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        Self::parse(text).ok().filter(|_| url.scheme() != "http" || is_safe(&url))
    }

    fn show(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Text for Network {
    const FORM: &'static str = "an IP address or a range like 10.0.0.0/8";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for (text, origin) in [
            ("https://app.example.com:8443", "https://app.example.com:8443"),
            ("https://app.example.com/", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("capacitor://localhost", "capacitor://localhost"),
        ] {
            assert_eq!(<Origin as Text>::parse(text).unwrap().as_str(), origin);
        }
        for text in ["*", "null", "https://app.example.com/path", "http://app.example.com", "file:///app"] {
            assert!(<Origin as Text>::parse(text).is_none(), "{text}");
        }
    }
}
