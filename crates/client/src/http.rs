use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::{Method, Url, redirect::Policy};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use crate::{Error, Problem, puzzle};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Short enough for a second try within [`LEEWAY`].
const TIMEOUT: Duration = Duration::from_secs(5);
/// Doorward gives the same answer to the same refresh token for ten seconds; one that arrives later is taken for stolen.
const LEEWAY: Duration = Duration::from_secs(9);
/// Shorter than the 75 seconds that Doorward keeps an idle connection, so that no call meets one that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const RETRIES: u32 = 2;
const PAUSE: Duration = Duration::from_millis(100);

/// The way to the service.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    url: Arc<str>,
}

/// A call to be sent.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) body: Option<Value>,
    pub(crate) retry: Retry,
}

/// What goes along with a call.
#[derive(Clone, Copy)]
struct Headers<'a> {
    access_token: Option<&'a str>,
    puzzle_answer: Option<&'a str>,
}

/// Whether a call is sent again when its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It might send a message, count a wrong code or act twice.
    Never,
    /// It reads, or gets the same tokens again.
    Safe,
}

/// An answer that is no problem.
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Value,
}

impl Answer {
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_value(self.body).map_err(|_| Error::Answer(self.status))
    }

    /// The endpoint that a flow names as the next one.
    pub(crate) fn next(&self) -> &str {
        self.text("next")
    }

    /// Returns whether the next step of a flow asks for a code of the authenticator app.
    pub(crate) fn asks_for_authenticator(&self) -> bool {
        self.text("channel") == "totp"
    }

    fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl<'a> Call<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, retry: Retry::Safe }
    }

    pub(crate) fn post(path: &'a str, body: Value, retry: Retry) -> Self {
        Self { method: Method::POST, path, body: Some(body), retry }
    }
}

impl Http {
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        let parsed = Url::parse(url).map_err(|_| Error::Url("is not a URL"))?;
        let is_loopback = is_loopback(&parsed);
        if parsed.scheme() != "https" && !(parsed.scheme() == "http" && is_loopback) {
            return Err(Error::Url("must be https, or http on loopback"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Error::Url("must hold no user name and no password"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(Error::Url("must end with its path, without a query or a fragment"));
        }
        if CryptoProvider::get_default().is_none() {
            // Somebody else may come first; then there is one.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT);
        let client = if is_loopback { client.no_proxy() } else { client.https_only(true) };
        Ok(Self { client: client.build()?, url: url.trim_end_matches('/').into() })
    }

    /// Sends a call in the name of the session that the access token is for; with a puzzle solved, where one is asked for.
    pub(crate) async fn send(&self, call: &Call<'_>, access_token: Option<&str>) -> Result<Answer, Error> {
        let refused = match self.send_safely(call, Headers { access_token, puzzle_answer: None }).await {
            Err(Error::Problem(refused)) => refused,
            sent => return sent,
        };
        let Some(puzzle) = &refused.puzzle else { return Err(Error::Problem(refused)) };
        // Nothing was done for a call that was refused so.
        match puzzle::solve(puzzle).await {
            Some(answer) => self.send_safely(call, Headers { access_token, puzzle_answer: Some(&answer) }).await,
            None => Err(Error::Problem(refused)),
        }
    }

    /// Sends a call, again where that is safe.
    async fn send_safely(&self, call: &Call<'_>, headers: Headers<'_>) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut sent = self.send_once(call, headers, TIMEOUT).await;
        for tries in 1..=RETRIES {
            if call.retry == Retry::Never || !matches!(sent, Err(Error::Transport(_))) {
                break;
            }
            tokio::time::sleep(PAUSE * tries).await;
            let left = LEEWAY.saturating_sub(started.elapsed());
            if left.is_zero() {
                break;
            }
            sent = self.send_once(call, headers, left.min(TIMEOUT)).await;
        }
        sent
    }

    async fn send_once(&self, call: &Call<'_>, headers: Headers<'_>, timeout: Duration) -> Result<Answer, Error> {
        let url = format!("{}{}", self.url, call.path);
        let mut request = self.client.request(call.method.clone(), url).timeout(timeout);
        if let Some(token) = headers.access_token {
            request = request.bearer_auth(token);
        }
        if let Some(answer) = headers.puzzle_answer {
            request = request.header("x-puzzle-answer", answer);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, bytes) = (response.status(), response.bytes().await?);
        if status.is_success() {
            let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
            return Ok(Answer { status: status.as_u16(), body: body.map_err(|_| Error::Answer(status.as_u16()))? });
        }
        let problem: Result<Problem, _> = serde_json::from_slice(&bytes);
        Err(problem.map_or(Error::Answer(status.as_u16()), |problem| Error::Problem(Box::new(problem))))
    }
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}
