use std::{fmt, net::IpAddr};

use ipnet::{IpNet, Ipv4Net};

/// The least leading bits of a range of proxies: the widest private ones are 10.0.0.0/8 and fc00::/7.
const WIDEST: (u8, u8) = (8, 7);
/// The number of bits before an IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2).
const MAPPED: u8 = 96;

/// A range of addresses: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

/// Why a text is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an address or a range like 10.0.0.0/8")]
pub struct NetworkError;

impl Network {
    /// Parses CIDR notation (RFC 4632, RFC 4291); a bare address is a range of one.
    ///
    /// IPv4-mapped ranges are read as the IPv4 ones, which is how such peers are known.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map(|range| Self(canonical(range))).map_err(|_| NetworkError)
    }

    /// Returns whether the ranges together hold more addresses than anybody's own proxies can have.
    pub fn are_too_wide(networks: &[Self]) -> bool {
        let together = IpNet::aggregate(&networks.iter().map(|network| network.0).collect());
        together.iter().any(|range| match range {
            IpNet::V4(range) => range.prefix_len() < WIDEST.0,
            IpNet::V6(range) => range.prefix_len() < WIDEST.1,
        })
    }

    /// Returns whether the address lies in the range; an IPv4-mapped address counts as the IPv4 one.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn canonical(range: IpNet) -> IpNet {
    let IpNet::V6(mapped) = range else { return range };
    let prefix = mapped.prefix_len().checked_sub(MAPPED);
    match (mapped.addr().to_ipv4_mapped(), prefix.map(|prefix| (prefix, prefix <= 32))) {
        (Some(address), Some((prefix, true))) => Ipv4Net::new(address, prefix).map_or(range, IpNet::V4),
        _ => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_shares_its_leading_bits() {
        for (range, address, is_inside) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1/128", "::1", true),
            ("::ffff:10.0.0.0/104", "10.255.0.1", true),
            ("::ffff:10.0.0.0/104", "11.0.0.1", false),
            ("::ffff:192.0.2.7", "192.0.2.7", true),
        ] {
            let network = Network::parse(range).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), is_inside, "{range} {address}");
        }
    }

    #[test]
    fn proxies_are_a_small_part_of_the_world() {
        for (ranges, are_too_wide) in [
            (&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "127.0.0.1"][..], false),
            (&["0.0.0.0/0"], true),
            (&["::/0"], true),
            (&["::ffff:0.0.0.0/96"], true),
            (&["0.0.0.0/1", "128.0.0.0/1"], true),
            (&["128.0.0.0/1"], true),
            (&["10.0.0.0/8", "11.0.0.0/8"], true),
            (&["2000::/3"], true),
            (&[], false),
        ] {
            let networks: Vec<_> = ranges.iter().map(|range| Network::parse(range).unwrap()).collect();
            assert_eq!(Network::are_too_wide(&networks), are_too_wide, "{ranges:?}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "example.com", "10.0.0.0/8/8"]
        {
            assert_eq!(Network::parse(text), Err(NetworkError), "{text}");
        }
    }
}
