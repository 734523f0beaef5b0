use doorward_kernel::is_loopback;
use url::Url;

use super::text::REDACTED;

/// Returns whether the URL is https, or http on a loopback host.
pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && url.host_str().is_some_and(is_loopback))
}

/// The URL with its passwords redacted.
pub(super) fn redacted(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return REDACTED.to_owned() };
    if url.password().is_some() && url.set_password(Some("redacted")).is_err() {
        return REDACTED.to_owned();
    }
    let parameters: Vec<(String, String)> = url
        .query_pairs()
        .map(|(key, value)| {
            let is_secret = key.contains("pass");
            (key.into_owned(), if is_secret { REDACTED.to_owned() } else { value.into_owned() })
        })
        .collect();
    if !parameters.is_empty() {
        url.query_pairs_mut().clear().extend_pairs(parameters);
    }
    url.into()
}
