use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an IP address is counted under: its own host and the network around it.
///
/// Texts are canonical, one spelling each, for [`BudgetKey::new`](crate::BudgetKey::new).
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
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let network = Ipv4Addr::from_bits(address.to_bits() & !0xff);
                Self { host: format!("{address}/32"), network: format!("{network}/24") }
            }
            IpAddr::V6(address) => {
                let first = |bits: u32| Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits)));
                Self { host: format!("{}/64", first(64)), network: format!("{}/48", first(48)) }
            }
        }
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
