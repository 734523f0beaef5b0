use std::net::IpAddr;

use url::Url;

/// Whether a host as URLs write it is this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// Whether what goes to the URL cannot be read or changed on its way.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || url.host_str().is_some_and(is_loopback)
}
