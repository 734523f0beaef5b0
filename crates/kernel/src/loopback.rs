use std::net::IpAddr;

/// Returns whether a host, as URLs write it, is this machine itself: `localhost`, or an address of
/// loopback, an IPv6 one in brackets or without.
///
/// Traffic to such a host may go without TLS.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn this_machine_has_one_name_and_its_addresses() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "0.0.0.0", "[::]", "%2Ftmp"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
