use std::net::IpAddr;

use actix_web::{
    dev::ServiceRequest,
    http::{header::HOST, uri::Authority},
};
use url::{Host, Url};

/// The listener that took a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// The service, for everyone.
    Public,
    /// Its operators, who probe and scrape by address: a page must have a name to be taken for one of ours.
    Ops,
}

/// Returns whether the request is meant for somebody else: it names a host that is not ours.
///
/// Ours is the host of the public address. A client on this machine may name the machine itself,
/// too; a page that has its own name resolve to us names that, and is refused before it reads
/// anything. Ports do not matter, and no answer is ever made of the name. Two names are foreign
/// even when they are alike: what stands before us may have looked at either.
pub(super) fn is_foreign(public_url: &Url, listener: Listener, request: &ServiceRequest) -> bool {
    let is_local = request.peer_addr().is_none_or(|peer| peer.ip().to_canonical().is_loopback());
    if request.headers().get_all(HOST).count() > 1 {
        return true;
    }
    let names = request.headers().get_all(HOST).map(|value| value.to_str().unwrap_or_default());
    let target = request.uri().authority().map(Authority::as_str);
    names.chain(target).any(|name| !is_ours(public_url, listener, name, is_local))
}

fn is_ours(public_url: &Url, listener: Listener, name: &str, is_local: bool) -> bool {
    // The scheme decides nothing but which port goes without saying.
    let Ok(named) = Url::parse(&format!("http://{name}/")) else { return false };
    let is_bare = named.username().is_empty() && named.password().is_none() && named.path() == "/";
    let Some(host) = named.host().filter(|_| is_bare).map(without_end) else { return false };
    let is_probed = listener == Listener::Ops && !matches!(host, Host::Domain(_));
    is_probed || public_url.host().map(without_end).is_some_and(|ours| ours == host) || (is_local && is_loopback(&host))
}

/// The same host without the dot that says that its name is whole (RFC 1034, section 3.1).
fn without_end(host: Host<&str>) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name)),
        Host::Ipv4(_) | Host::Ipv6(_) => host,
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).to_canonical().is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_host_is_ours_however_it_is_written() {
        let public = Url::parse("https://auth.example.com/login").unwrap();

        for name in [
            "auth.example.com",
            "AUTH.example.com",
            "auth.example.com:443",
            "auth.example.com:8443",
            "auth.example.com.",
            "auth.example.com.:8443",
        ] {
            assert!(is_ours(&public, Listener::Public, name, false), "{name}");
        }
        for name in [
            "",
            "evil.test",
            "auth.example.com.evil.test",
            "auth.example.com..",
            "evil.test#auth.example.com",
            "auth.example.com@evil.test",
            "user@auth.example.com",
            "auth.example.com/evil",
            "localhost",
            "127.0.0.1",
        ] {
            assert!(!is_ours(&public, Listener::Public, name, false), "{name}");
        }
    }

    #[test]
    fn who_is_on_this_machine_may_name_it() {
        let public = Url::parse("https://auth.example.com").unwrap();

        for name in ["localhost:8080", "127.0.0.1:9", "[::1]:8080", "[::ffff:127.0.0.1]", "LOCALHOST"] {
            assert!(is_ours(&public, Listener::Public, name, true), "{name}");
        }
        for name in ["rebound.test:8080", "localhost.evil.test", "192.168.1.2", "0.0.0.0"] {
            assert!(!is_ours(&public, Listener::Public, name, true), "{name}");
        }
    }

    #[test]
    fn operators_may_name_an_address_and_no_other_host() {
        let public = Url::parse("https://auth.example.com").unwrap();

        for name in ["10.1.2.3:9090", "[fd00::1]:9090", "auth.example.com"] {
            assert!(is_ours(&public, Listener::Ops, name, false), "{name}");
        }
        for name in ["rebound.test:9090", "10.1.2.3.rebound.test", "localhost", "user@10.1.2.3"] {
            assert!(!is_ours(&public, Listener::Ops, name, false), "{name}");
        }
    }
}
