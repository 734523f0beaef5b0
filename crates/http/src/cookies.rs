use actix_web::{
    cookie::{Cookie, SameSite, time::Duration},
    http::header::{COOKIE, HeaderMap},
};
use doorward_kernel::Secret;

use crate::HttpSettings;

/// The days for which a browser is asked to keep the device cookie; browsers keep none for longer.
const DEVICE_DAYS: i64 = 400;

/// The kinds of cookies of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The flow that is under way.
    Flow,
    /// The session.
    Session,
    /// That this client has logged in before.
    Device,
}

/// The cookie of one kind in a request.
#[derive(Clone, Debug)]
pub enum Found {
    /// None.
    Nothing,
    /// One without a value.
    Empty,
    /// One.
    One(Secret<String>),
    /// Several of one name; which of them is ours, nobody can tell.
    Several,
}

/// Writes and reads the cookies of this service.
///
/// All are `HttpOnly`, `SameSite=Lax` and for our host alone: by the `__Host-` prefix
/// (RFC 6265bis, section 4.1.3.2) where the service is reached by https, else, on loopback,
/// without prefix and `Secure`.
#[derive(Clone, Copy, Debug)]
pub struct OwnCookies {
    is_secure: bool,
}

impl CookieKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Flow, Self::Session, Self::Device];

    const fn prefixed_name(self) -> &'static str {
        match self {
            Self::Flow => "__Host-doorward_flow",
            Self::Session => "__Host-doorward_session",
            Self::Device => "__Host-doorward_device",
        }
    }
}

impl OwnCookies {
    /// The cookies of a service with those settings.
    pub fn new(settings: &HttpSettings) -> Self {
        Self { is_secure: settings.is_https() }
    }

    /// The name of a cookie.
    pub fn name(self, kind: CookieKind) -> &'static str {
        let name = kind.prefixed_name();
        if self.is_secure { name } else { name.trim_start_matches("__Host-") }
    }

    /// The cookie that hands a value to the client; flow and session last as long as the browser runs.
    pub fn set(self, kind: CookieKind, value: &str) -> Cookie<'static> {
        let mut cookie = self.bare(kind, value.to_owned());
        if kind == CookieKind::Device {
            cookie.set_max_age(Duration::days(DEVICE_DAYS));
        }
        cookie
    }

    /// The cookie that makes the client forget one.
    pub fn clear(self, kind: CookieKind) -> Cookie<'static> {
        let mut cookie = self.bare(kind, String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie
    }

    /// Finds the request's cookie of a kind, in any of its `Cookie` headers.
    pub fn read(self, headers: &HeaderMap, kind: CookieKind) -> Found {
        let mut values = self.values(headers, kind);
        match (values.next(), values.next()) {
            (None, _) => Found::Nothing,
            (Some(_), Some(_)) => Found::Several,
            (Some([]), None) => Found::Empty,
            (Some(value), None) => Found::One(secret(value)),
        }
    }

    /// All that the request carries of a kind, but for empty ones.
    pub fn read_all(self, headers: &HeaderMap, kind: CookieKind) -> Vec<Secret<String>> {
        self.values(headers, kind).filter(|value| !value.is_empty()).map(secret).collect()
    }

    fn values(self, headers: &HeaderMap, kind: CookieKind) -> impl Iterator<Item = &[u8]> {
        let name = self.name(kind).as_bytes();
        pairs(headers).filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Returns whether any cookie of ours came along, even an empty one.
    pub fn has_any(self, headers: &HeaderMap) -> bool {
        pairs(headers).any(|(found, _)| CookieKind::ALL.iter().any(|kind| self.name(*kind).as_bytes() == found))
    }

    fn bare(self, kind: CookieKind, value: String) -> Cookie<'static> {
        Cookie::build(self.name(kind), value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .finish()
    }
}

fn secret(value: &[u8]) -> Secret<String> {
    Secret::new(String::from_utf8_lossy(value).into_owned())
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.get_all(COOKIE).flat_map(|header| header.as_bytes().split(|byte| *byte == b';')).filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = pair.split_at_checked(at)?;
        Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use url::Url;

    use super::*;

    fn cookies(public_url: &str) -> OwnCookies {
        OwnCookies::new(&HttpSettings::new(Url::parse(public_url).unwrap()))
    }

    fn found(headers: &[&str]) -> Found {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(COOKIE, HeaderValue::from_str(header).unwrap());
        }
        cookies("https://auth.example.com").read(&map, CookieKind::Flow)
    }

    #[test]
    fn over_https_cookies_are_bound_to_our_host() {
        let cookies = cookies("https://auth.example.com");

        assert_eq!(
            cookies.set(CookieKind::Flow, "x").to_string(),
            "__Host-doorward_flow=x; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
        assert_eq!(
            cookies.set(CookieKind::Session, "x").to_string(),
            "__Host-doorward_session=x; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
    }

    #[test]
    fn over_plain_http_cookies_have_no_prefix() {
        let cookie = cookies("http://127.0.0.1:8080").set(CookieKind::Flow, "x");

        assert_eq!(cookie.to_string(), "doorward_flow=x; HttpOnly; SameSite=Lax; Path=/");
    }

    #[test]
    fn the_device_is_remembered_for_400_days() {
        let cookie = cookies("http://127.0.0.1:8080").set(CookieKind::Device, "x");

        assert_eq!(cookie.to_string(), "doorward_device=x; HttpOnly; SameSite=Lax; Path=/; Max-Age=34560000");
    }

    #[test]
    fn a_cleared_cookie_keeps_what_makes_it_ours() {
        let cookie = cookies("https://auth.example.com").clear(CookieKind::Flow);

        assert_eq!(cookie.to_string(), "__Host-doorward_flow=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    }

    #[test]
    fn one_cookie_is_found_among_others() {
        let Found::One(value) = found(&["a=b;__Host-doorward_flow=x=y ; c"]) else { panic!("not one") };

        assert_eq!(value.reveal(), "x=y");
    }

    #[test]
    fn names_are_compared_to_the_letter() {
        assert!(matches!(found(&["doorward_flow=x; __host-doorward_flow=x; __Host-doorward_flow2=x"]), Found::Nothing));
    }

    #[test]
    fn an_empty_cookie_is_told_from_none() {
        assert!(matches!(found(&["__Host-doorward_flow="]), Found::Empty));
    }

    #[test]
    fn two_cookies_of_one_name_are_noticed_in_one_header_and_in_two() {
        assert!(matches!(found(&["__Host-doorward_flow=x; __Host-doorward_flow=x"]), Found::Several));
        assert!(matches!(found(&["__Host-doorward_flow=x", "__Host-doorward_flow="]), Found::Several));
    }
}
