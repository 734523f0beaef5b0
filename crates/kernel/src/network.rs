use std::net::IpAddr;

use ipnet::IpNet;

/// The network around an address, of so many leading bits; an IPv4 address written as IPv6 is the IPv4 address.
///
/// Its text is canonical (RFC 5952), one spelling each. More bits than an address has are all of them.
pub fn network_of(address: IpAddr, ipv4_bits: u8, ipv6_bits: u8) -> IpNet {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { ipv4_bits } else { ipv6_bits };
    IpNet::new(address, bits).unwrap_or_else(|_| address.into()).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_one_spelling() {
        for (address, bits, network) in [
            ("192.0.2.77", (24, 48), "192.0.2.0/24"),
            ("::ffff:192.0.2.77", (24, 48), "192.0.2.0/24"),
            ("2001:DB8:0001:2::1", (24, 48), "2001:db8:1::/48"),
            ("2001:db8::1", (24, 48), "2001:db8::/48"),
            ("192.0.2.77", (32, 64), "192.0.2.77/32"),
            ("192.0.2.77", (33, 64), "192.0.2.77/32"),
            ("::1", (32, 64), "::/64"),
        ] {
            assert_eq!(network_of(address.parse().unwrap(), bits.0, bits.1).to_string(), network, "{address}");
        }
    }
}
