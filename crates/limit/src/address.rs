use std::net::IpAddr;

use doorward_kernel::network_of;

/// The subjects an IP address is counted under: its own host and the network around it.
///
/// Texts are canonical, one spelling each, for [`BucketKey::new`](crate::BucketKey::new).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSubjects {
    /// The address with IPv4, its /64 with IPv6: what one caller can change at will.
    pub host: String,
    /// The /24 with IPv4, the /48 with IPv6: what one owner may hold.
    pub network: String,
}

impl AddressSubjects {
    /// The subjects of an address; an IPv4 address written as IPv6 is the IPv4 address.
    pub fn of(address: IpAddr) -> Self {
        let text = |ipv4_bits, ipv6_bits| network_of(address, ipv4_bits, ipv6_bits).to_string();
        Self { host: text(32, 64), network: text(24, 48) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_by_host_and_network() {
        for (address, host, network) in [
            ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
            ("::ffff:c000:24d", "192.0.2.77/32", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("2001:0DB8:0001:0002::1", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("::1", "::/64", "::/48"),
            ("0.0.0.0", "0.0.0.0/32", "0.0.0.0/24"),
        ] {
            let subjects = AddressSubjects::of(address.parse().unwrap());

            assert_eq!(subjects, AddressSubjects { host: host.to_owned(), network: network.to_owned() }, "{address}");
        }
    }
}
