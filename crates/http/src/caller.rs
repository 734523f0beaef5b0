use std::{
    future::{Ready, ready},
    net::{IpAddr, SocketAddr},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderMap, USER_AGENT},
};
use doorward_app::limits;
use doorward_kernel::{Client, Secret};

use crate::{Context, CookieKind, Found, HttpSettings, OwnCookies, Problem};

/// The header that answers a puzzle.
const PUZZLE_ANSWER: &str = "x-puzzle-answer";
/// The longest answer to a CAPTCHA, in bytes: providers give no longer ones.
const MAX_ANSWER: usize = 2048;

/// The caller: its address and what it knows.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The caller it counts for in limits; neither address nor device is stored.
    pub limited: limits::Caller,
    /// The client, as far as it may be stored.
    pub client: Client,
}

impl Caller {
    /// The same call with the device token of its body, which goes before the cookie's.
    pub(crate) fn with_device(mut self, token: Option<Secret<String>>) -> Self {
        self.limited.device = token.or(self.limited.device);
        self
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Context::of(request).map(|context| {
            let peer = request.peer_addr().map(|peer| peer.ip());
            let address = peer.map(|peer| client_address(&context.settings, peer, request.headers()));
            let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
            let nowhere = limits::Caller::default().address;
            let (device, answer) = (device(&context, request), answer(request));
            let limited = limits::Caller { address: address.unwrap_or(nowhere), device, answer };
            Self { limited, client: Client::new(address, user_agent) }
        }))
    }
}

/// The device token in the cookie; of two, nobody can tell which is ours.
fn device(context: &Context, request: &HttpRequest) -> Option<Secret<String>> {
    match OwnCookies::new(&context.settings).read(request.headers(), CookieKind::Device) {
        Found::One(token) => Some(token),
        Found::Nothing | Found::Empty | Found::Several => None,
    }
}

/// The answer to a puzzle that an earlier try was given.
fn answer(request: &HttpRequest) -> Option<String> {
    let answer = request.headers().get(PUZZLE_ANSWER)?.to_str().ok()?;
    (answer.len() <= MAX_ANSWER).then(|| answer.to_owned())
}

/// The address a call comes from: the peer's, unless that is a trusted proxy.
///
/// Then it is the right-most address in the proxies' header that is no trusted proxy itself;
/// whatever stands to the left of it, the client may have written. A hop that cannot be read
/// makes the whole header worth nothing.
fn client_address(settings: &HttpSettings, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| settings.is_trusted_proxy(address);
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return peer;
    }
    let values: Vec<_> = headers.get_all(settings.client_ip_header.as_str()).collect();
    let hops = values.iter().rev().flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    let mut nearest = peer;
    for hop in hops {
        match parse_hop(hop.trim()) {
            None => return peer,
            Some(address) if is_trusted(address) => nearest = address,
            Some(address) => return address,
        }
    }
    nearest
}

/// An address, with or without a port, as proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address: Option<IpAddr> = bare.parse().ok();
    address.or_else(|| hop.parse().ok().map(|hop: SocketAddr| hop.ip())).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use url::Url;

    use super::*;
    use crate::Network;

    fn address(peer: &str, forwarded: &[&str]) -> String {
        let mut settings = HttpSettings::new(Url::parse("https://auth.example.com").unwrap());
        settings.trusted_proxies = ["10.0.0.0/8", "fd00::/8"].map(|range| Network::parse(range).unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        client_address(&settings, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_the_word_of_trusted_proxies_counts() {
        for (peer, forwarded, expected) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            ("203.0.113.9", &["192.0.2.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            ("::ffff:10.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.7, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.7", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
            ("10.0.0.1", &["192.0.2.1:4711"], "192.0.2.1"),
            ("fd00::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("fd00::1", &["[2001:db8::7]"], "2001:db8::7"),
            ("fd00::1", &["2001:DB8:0::7"], "2001:db8::7"),
            ("10.0.0.1", &["junk"], "10.0.0.1"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["unknown, 192.0.2.1"], "192.0.2.1"),
        ] {
            assert_eq!(address(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }
}
