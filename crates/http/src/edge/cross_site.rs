use actix_web::http::{
    Method,
    header::{HeaderMap, ORIGIN},
};

use crate::{HttpSettings, OwnCookies};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Returns whether a page that must not call us sent the request.
pub(super) fn is_refused(settings: &HttpSettings, method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
        return false;
    }
    let sender = Sender {
        origin: origin(settings, headers),
        site: site(headers),
        has_own_cookie: OwnCookies::new(settings).has_any(headers),
    };
    sender.is_foreign()
}

/// The page that a state-changing request comes from, as the browser says.
#[derive(Clone, Copy, Debug)]
struct Sender {
    origin: SenderOrigin,
    site: Site,
    has_own_cookie: bool,
}

/// The `Origin` header, compared with the service's own.
#[derive(Clone, Copy, Debug)]
enum SenderOrigin {
    Absent,
    OwnOrListed,
    /// Another one, `null`, or more than one.
    Foreign,
}

/// The `Sec-Fetch-Site` header.
#[derive(Clone, Copy, Debug)]
enum Site {
    Cross,
    Same,
    /// The same origin, the user, or nothing at all.
    Own,
}

impl Sender {
    /// An `Origin` decides alone; without one the site does, and a sibling host is trusted
    /// only where no cookie of ours came along.
    const fn is_foreign(self) -> bool {
        match (self.origin, self.site) {
            (SenderOrigin::OwnOrListed, _) | (SenderOrigin::Absent, Site::Own) => false,
            (SenderOrigin::Foreign, _) | (SenderOrigin::Absent, Site::Cross) => true,
            (SenderOrigin::Absent, Site::Same) => self.has_own_cookie,
        }
    }
}

fn origin(settings: &HttpSettings, headers: &HeaderMap) -> SenderOrigin {
    let mut values = headers.get_all(ORIGIN);
    match (values.next(), values.next()) {
        (None, _) => SenderOrigin::Absent,
        (Some(origin), None) if origin.to_str().is_ok_and(|origin| settings.is_own_or_listed(origin)) => {
            SenderOrigin::OwnOrListed
        }
        (Some(_), _) => SenderOrigin::Foreign,
    }
}

fn site(headers: &HeaderMap) -> Site {
    let says = |site: &[u8]| headers.get_all(SEC_FETCH_SITE).any(|value| value.as_bytes() == site);
    if says(b"cross-site") {
        Site::Cross
    } else if says(b"same-site") {
        Site::Same
    } else {
        Site::Own
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{COOKIE, HeaderName, HeaderValue};
    use url::Url;

    use super::*;
    use crate::Origin;

    const OWN: &str = "https://auth.example.com";
    const LISTED: &str = "https://app.test";

    fn is_refused_with(method: &Method, origins: &[&'static str], site: Option<&'static str>, cookie: bool) -> bool {
        let mut settings = HttpSettings::new(Url::parse(OWN).unwrap());
        settings.allowed_origins = vec![Origin::parse(LISTED).unwrap()];
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        if let Some(site) = site {
            headers.insert(HeaderName::from_static(SEC_FETCH_SITE), HeaderValue::from_static(site));
        }
        if cookie {
            headers.insert(COOKIE, HeaderValue::from_static("a=b; __Host-doorward_flow="));
        }
        is_refused(&settings, method, &headers)
    }

    const SITES: [Option<&str>; 5] = [None, Some("none"), Some("same-origin"), Some("same-site"), Some("cross-site")];

    #[test]
    fn an_origin_decides_alone() {
        for site in SITES {
            for cookie in [false, true] {
                for origin in [OWN, LISTED] {
                    assert!(!is_refused_with(&Method::POST, &[origin], site, cookie), "{origin} {site:?} {cookie}");
                }
                for origin in ["null", "", "https://evil.test", "https://app.test.evil.test", "http://app.test"] {
                    assert!(is_refused_with(&Method::POST, &[origin], site, cookie), "{origin} {site:?} {cookie}");
                }
                assert!(is_refused_with(&Method::POST, &[OWN, OWN], site, cookie));
            }
        }
    }

    #[test]
    fn without_an_origin_the_site_decides() {
        for (site, cookie, expected) in [
            (None, false, false),
            (None, true, false),
            (Some("none"), true, false),
            (Some("same-origin"), true, false),
            (Some("same-site"), false, false),
            (Some("same-site"), true, true),
            (Some("cross-site"), false, true),
            (Some("cross-site"), true, true),
        ] {
            assert_eq!(is_refused_with(&Method::POST, &[], site, cookie), expected, "{site:?} {cookie}");
        }
    }

    #[test]
    fn every_method_that_may_change_something_is_looked_at() {
        for method in ["POST", "PUT", "PATCH", "DELETE", "FOO"] {
            assert!(is_refused_with(&method.parse().unwrap(), &["null"], None, false), "{method}");
        }
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(!is_refused_with(&method.parse().unwrap(), &["null"], None, false), "{method}");
        }
    }
}
