use std::net::IpAddr;

/// What is kept of the client behind a session, so that its owner can recognise it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// The `User-Agent`, cut to 256 code points, without control characters.
    pub device: Option<String>,
    /// The network the call came from: an IPv4 /24 or an IPv6 /48, never the whole address.
    pub network: Option<String>,
}

impl Client {
    /// Keeps what may be kept of a call's address and `User-Agent`.
    pub fn new(address: Option<IpAddr>, user_agent: Option<&str>) -> Self {
        let device = user_agent
            .map(|text| text.chars().filter(|c| !c.is_control()).take(256).collect::<String>())
            .filter(|text| !text.is_empty());
        Self { device, network: address.map(network) }
    }
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_network_of_an_address_is_kept() {
        let client = Client::new("::ffff:192.0.2.77".parse().ok(), Some("curl/8\r\n"));

        assert_eq!(client.network.as_deref(), Some("192.0.2.0/24"));
        assert_eq!(client.device.as_deref(), Some("curl/8"));
    }
}
