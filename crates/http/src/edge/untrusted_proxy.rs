use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::http::header::HeaderMap;

use crate::HttpSettings;

/// The time between two lines in the log about a proxy that is set up wrongly.
const EVERY: Duration = Duration::from_hours(1);
/// The headers by which proxies and CDNs name the client.
const USUAL: [&str; 5] = ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip"];

/// Warns of a proxy whose word on the client's address is lost, since all clients then share one host's limits.
#[derive(Debug, Default)]
pub(super) struct UntrustedProxy {
    warned_at: Mutex<Option<Instant>>,
}

/// A mismatch between a proxy and the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    /// The peer sends the header, and is not trusted.
    NotTrusted,
    /// The peer is trusted, and names the client in another header only.
    OtherHeader(&'static str),
}

impl UntrustedProxy {
    /// Checks a request from that peer; warns once an hour at most.
    pub(super) fn check(&self, settings: &HttpSettings, peer: Option<IpAddr>, headers: &HeaderMap, now: Instant) {
        let Some((peer, mistake)) = peer.and_then(|peer| Some((peer, mistake(settings, peer, headers)?))) else {
            return;
        };
        if !self.is_due(now) {
            return;
        }
        let setting = settings.client_ip_header.as_str();
        match mistake {
            Mistake::NotTrusted => tracing::warn!(
                proxy.address = %peer,
                proxy.header = setting,
                "the client address that a peer names is ignored, and all behind it share the limits of one host: \
                 if the peer is your proxy, list it in http.trusted_proxies"
            ),
            Mistake::OtherHeader(header) => tracing::warn!(
                proxy.address = %peer,
                proxy.header = header,
                "a trusted proxy names the client in a header that is not read, and all behind it share the limits \
                 of one host: http.client_ip_header says `{setting}`"
            ),
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let mut warned_at = self.warned_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = warned_at.is_none_or(|at| now.saturating_duration_since(at) >= EVERY);
        if is_due {
            *warned_at = Some(now);
        }
        is_due
    }
}

fn mistake(settings: &HttpSettings, peer: IpAddr, headers: &HeaderMap) -> Option<Mistake> {
    let is_named = headers.contains_key(settings.client_ip_header.as_str());
    match (settings.is_trusted_proxy(peer), is_named) {
        (false, true) => Some(Mistake::NotTrusted),
        (true, false) => USUAL.into_iter().find(|name| headers.contains_key(*name)).map(Mistake::OtherHeader),
        (true, true) | (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use url::Url;

    use super::*;
    use crate::Network;

    fn seen(peer: &str, header: &'static str) -> Option<Mistake> {
        let mut settings = HttpSettings::new(Url::parse("https://auth.example.com").unwrap());
        settings.trusted_proxies = vec![Network::parse("10.0.0.0/8").unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(header), HeaderValue::from_static("192.0.2.1"));
        mistake(&settings, peer.parse().unwrap(), &headers)
    }

    #[test]
    fn a_header_that_is_ignored_is_a_mistake() {
        assert_eq!(seen("203.0.113.9", "x-forwarded-for"), Some(Mistake::NotTrusted));
        assert_eq!(seen("10.0.0.1", "x-real-ip"), Some(Mistake::OtherHeader("x-real-ip")));
        assert_eq!(seen("::ffff:10.0.0.1", "forwarded"), Some(Mistake::OtherHeader("forwarded")));
        assert_eq!(seen("10.0.0.1", "x-forwarded-for"), None);
        assert_eq!(seen("203.0.113.9", "x-real-ip"), None);
        assert_eq!(seen("10.0.0.1", "accept"), None);
    }

    #[test]
    fn a_warning_is_given_once_an_hour() {
        let (proxy, start) = (UntrustedProxy::default(), Instant::now());

        let due = [0, 1, 3599, 3600, 3601].map(|second| proxy.is_due(start + Duration::from_secs(second)));

        assert_eq!(due, [true, false, false, true, false]);
    }
}
