use std::{fmt, time::Duration};

use async_trait::async_trait;
use doorward_user::{BreachError, BreachedPasswords, Password};
use reqwest::{Client, Response, StatusCode, redirect::Policy};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use url::Url;

use crate::{
    HibpError,
    digest::PasswordDigest,
    range,
    settings::{self, HibpSettings, HibpSettingsError},
};

/// The longest time that a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer is read, in bytes; a range of the largest collection has a third of it.
const ANSWER_MAX: usize = 256 * 1024;
/// The user agent; the service turns away clients without one.
const USER_AGENT: &str = "doorward";

/// Asks the range API which digests begin like that of a password.
pub struct HibpPasswords {
    client: Client,
    url: Url,
}

impl HibpPasswords {
    /// Checks the settings; it does not connect yet.
    pub fn new(settings: HibpSettings) -> Result<Self, HibpSettingsError> {
        HibpSettings::check_url(&settings.url)?;
        if CryptoProvider::get_default().is_none() {
            // Losing the race is fine: then there is one.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let client = Client::builder()
            .user_agent(USER_AGENT)
            // Whoever is redirected to or named by a variable was not chosen by the operator.
            .redirect(Policy::none())
            .no_proxy()
            .https_only(!settings::is_local(&settings.url))
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout);
        Ok(Self { client: client.build().map_err(HibpSettingsError::Client)?, url: settings.url })
    }

    async fn look_up(&self, digest: &PasswordDigest) -> Result<bool, HibpError> {
        let request = self.client.get(below(&self.url, digest.told())).header("add-padding", "true");
        let response = request.send().await?;
        if response.status() != StatusCode::OK {
            return Err(HibpError::Refused(response.status().as_u16()));
        }
        let answer = whole(response).await?;
        range::contains(str::from_utf8(&answer).map_err(|_| HibpError::Malformed)?, digest)
    }
}

impl fmt::Debug for HibpPasswords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HibpPasswords").finish_non_exhaustive()
    }
}

#[async_trait]
impl BreachedPasswords for HibpPasswords {
    #[tracing::instrument(level = "debug", name = "hibp.contains", skip_all)]
    async fn contains(&self, password: &Password) -> Result<bool, BreachError> {
        Ok(self.look_up(&PasswordDigest::of(password)).await?)
    }
}

/// The URL with one segment more.
fn below(url: &Url, segment: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(segment);
    }
    url
}

async fn whole(mut response: Response) -> Result<Vec<u8>, HibpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX {
            return Err(HibpError::TooLong);
        }
    }
    Ok(body)
}
