use std::time::Duration;

use doorward_kernel::is_loopback;
use url::Url;

/// The settings of look-ups of passwords.
#[derive(Clone, Debug)]
pub struct HibpSettings {
    /// The base URL of range queries, to which five digits are appended; plain http only on loopback.
    pub url: Url,
    /// The longest time that a look-up may take, connection and all; the person who sets a password waits for it.
    pub timeout: Duration,
}

/// Why passwords cannot be looked up that way.
#[derive(Debug, thiserror::Error)]
pub enum HibpSettingsError {
    /// Not a URL.
    #[error("the URL must be an https URL without user and query; http is for this machine only")]
    Url,
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

impl HibpSettings {
    /// The longest time that a look-up may take unless the operator says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(3);
    /// The service that everybody may ask.
    pub const URL: &str = "https://api.pwnedpasswords.com/range/";

    /// Returns whether passwords may be looked up behind that URL.
    pub fn check_url(url: &Url) -> Result<(), HibpSettingsError> {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local(url));
        let is_bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if is_safe && is_bare { Ok(()) } else { Err(HibpSettingsError::Url) }
    }
}

/// Returns whether the URL names this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<(), HibpSettingsError> {
        HibpSettings::check_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn digests_go_to_https_or_to_this_machine() {
        for url in [HibpSettings::URL, "https://mirror.example.com/hibp", "http://127.0.0.1:9", "http://[::1]:9/range"]
        {
            assert!(check(url).is_ok(), "{url}");
        }
        for url in ["http://api.pwnedpasswords.com/range/", "http://10.0.0.1", "ftp://127.0.0.1", "https://u:p@a.test"]
        {
            assert!(matches!(check(url), Err(HibpSettingsError::Url)), "{url}");
        }
    }
}
