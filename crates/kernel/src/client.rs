use std::net::IpAddr;

use crate::network_of;

/// The client data stored with a session, by which its owner recognises it.
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
        Self { device, network: address.map(|address| network_of(address, 24, 48).to_string()) }
    }

    /// Browser and system in words of ours, as far as the `User-Agent` is one of those most people have.
    pub fn kind(&self) -> Option<String> {
        let device = self.device.as_deref()?;
        let name = |names: &[(&str, &'static str)]| {
            names.iter().find(|(mark, _)| device.contains(mark)).map(|(_, name)| *name)
        };
        let names: Vec<_> = [name(&BROWSERS), name(&SYSTEMS)].into_iter().flatten().collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// The marks of browsers, in order: most of them name those they stem from as well, which come later.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// The marks of operating systems, in the same order.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_described_in_no_words_of_its_own() {
        for (device, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                Some("Firefox, Windows"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
                 Safari/537.36 Edg/142.0.0.0",
                Some("Edge, Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/26.0 Mobile/15E148 Safari/604.1",
                Some("Safari, iPhone"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile \
                 Safari/537.36",
                Some("Chrome, Android"),
            ),
            ("okhttp/5.1 (Linux; call +1 900 and say your password)", Some("Linux")),
            ("curl/8.17.0", None),
        ] {
            assert_eq!(Client::new(None, Some(device)).kind().as_deref(), expected, "{device}");
        }
        assert_eq!(Client::default().kind(), None);
    }

    #[test]
    fn only_the_network_of_an_address_is_kept() {
        let client = Client::new("::ffff:192.0.2.77".parse().ok(), Some("curl/8\r\n"));

        assert_eq!(client.network.as_deref(), Some("192.0.2.0/24"));
        assert_eq!(client.device.as_deref(), Some("curl/8"));
    }
}
