use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;
use reqwest::{
    Client, Response, Url,
    header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap},
    redirect::Policy,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use crate::{JwksDocument, JwksError, JwksSource};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Thirty-two keys have a tenth of this.
const MAX_BYTES: usize = 64 * 1024;

/// A key set at a URL.
#[derive(Clone, Debug)]
pub struct HttpJwks {
    client: Client,
    url: Url,
}

/// Why no key set can be fetched from a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpJwksError {
    /// It is no absolute URL.
    #[error("the key set's address is not a URL")]
    Url,
    /// Keys that come in the clear could be anybody's.
    #[error("the key set's address must be https, or http on loopback")]
    Insecure,
    /// A secret in an address ends up in logs.
    #[error("the key set's address must not hold a user name or password")]
    Credentials,
    /// The HTTP client cannot be set up.
    #[error("the http client could not be set up")]
    Client(#[source] reqwest::Error),
}

impl HttpJwks {
    /// Fetches from that URL: https, or http on loopback.
    ///
    /// Redirects are not followed. Installs aws-lc-rs for rustls if the process has no provider.
    pub fn new(url: &str) -> Result<Self, HttpJwksError> {
        let url = Url::parse(url).map_err(|_| HttpJwksError::Url)?;
        let is_loopback = is_loopback(&url);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(HttpJwksError::Insecure);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpJwksError::Credentials);
        }
        if CryptoProvider::get_default().is_none() {
            // Somebody else may come first; then there is one.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let client = Client::builder().redirect(Policy::none()).connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT);
        let client = if is_loopback { client.no_proxy() } else { client.https_only(true) };
        Ok(Self { client: client.build().map_err(HttpJwksError::Client)?, url })
    }
}

#[async_trait]
impl JwksSource for HttpJwks {
    async fn fetch(&self) -> Result<JwksDocument, JwksError> {
        let request = self.client.get(self.url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
        let response = request.send().await.map_err(unreachable)?;
        if response.status().as_u16() != 200 {
            return Err(JwksError::Status(response.status().as_u16()));
        }
        let max_age = max_age(response.headers());
        Ok(JwksDocument { body: read(response).await?, max_age })
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, JwksError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(JwksError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> JwksError {
    if error.is_timeout() { JwksError::TimedOut } else { JwksError::Transport(Box::new(error)) }
}

/// `max-age` less the time already spent in caches on the way (RFC 9111, section 4.2).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().ok().map(str::to_ascii_lowercase);
    let control: Vec<_> = headers.get_all(CACHE_CONTROL).iter().filter_map(text).collect();
    let mut directives = control.iter().flat_map(|line| line.split(',')).map(str::trim);
    if directives.clone().any(|directive| directive == "no-store" || directive == "no-cache") {
        return Some(Duration::ZERO);
    }
    let seconds: u64 = directives.find_map(|directive| directive.strip_prefix("max-age="))?.parse().ok()?;
    let spent = headers.get(AGE).and_then(text).and_then(|age| age.parse().ok()).unwrap_or(0);
    Some(Duration::from_secs(seconds.saturating_sub(spent)))
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        for url in ["https://login.example.com/jwks", "http://127.0.0.1:1/", "http://[::1]/", "http://localhost:8080/"]
        {
            assert!(HttpJwks::new(url).is_ok(), "{url}");
        }
        for url in
            ["http://login.example.com/", "http://localhost.example.com/", "http://127.0.0.1.example.com/", "file:///k"]
        {
            assert!(matches!(HttpJwks::new(url), Err(HttpJwksError::Insecure)), "{url}");
        }
        assert!(matches!(HttpJwks::new("https://a:b@example.com/"), Err(HttpJwksError::Credentials)));
        assert!(matches!(HttpJwks::new("/jwks.json"), Err(HttpJwksError::Url)));
    }

    #[test]
    fn max_age_is_read_and_the_age_taken_off() {
        let read = |lines| max_age(&headers(lines)).map(|age| age.as_secs());

        assert_eq!(read(&[("cache-control", "public, max-age=600")]), Some(600));
        assert_eq!(read(&[("cache-control", "Max-Age=600"), ("age", "200")]), Some(400));
        assert_eq!(read(&[("cache-control", "max-age=600, no-store")]), Some(0));
        assert_eq!(read(&[("cache-control", "public")]), None);
        assert_eq!(read(&[]), None);
    }
}
