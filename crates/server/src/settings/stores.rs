use std::{path::PathBuf, time::Duration};

use doorward_crypto::RootSecret;
use doorward_kernel::{RootChecks, Secret};
use doorward_store_postgres::{PgSettings, PgSettingsError};
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    fault::Faults,
    log_level, secret_file,
    text::{self, REDACTED, Text},
};

/// `database`: where accounts and sessions are kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// The database.
    #[serde(with = "text")]
    pub url: DatabaseUrl,
    /// Whether the service applies migrations when it starts.
    pub migrate: bool,
    /// The most connections that are open at a time.
    pub pool_size: u32,
    /// Whether statements are prepared under names; not so behind a pooler in transaction mode.
    pub prepared_statements: bool,
}

/// Which database, and how to get in.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, by its `postgres://` URL.
    Postgres(Secret<String>),
    /// A SQLite file.
    Sqlite(PathBuf),
}

/// `keys`: what all secrets of the service are derived from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The root of all keys; only dev may start without, and then makes one.
    #[serde(with = "text::option")]
    pub root_secret: Option<RootSecret>,
    /// The one before, for as long as epochs of it are accepted.
    #[serde(with = "text::option")]
    pub former_root_secret: Option<RootSecret>,
    /// How long a key is used.
    #[serde(with = "text")]
    pub rotate_every: Duration,
    /// How often a node looks for new keys.
    #[serde(with = "text")]
    pub reload_every: Duration,
    /// How long a new key is published before it is used.
    #[serde(with = "text")]
    pub publish_ahead: Duration,
}

/// `log`: what the service tells on standard output.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What is told: a level, or directives as in `info,doorward_http=debug`.
    pub level: String,
    /// How it is told.
    pub format: LogFormat,
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// An object a line.
    Json,
    /// A line to read.
    Text,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::Sqlite(PathBuf::from("./doorward-data/doorward.db")),
            migrate: false,
            pool_size: 16,
            prepared_statements: true,
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            root_secret: None,
            former_root_secret: None,
            rotate_every: Duration::from_hours(30 * 24),
            reload_every: Duration::from_secs(30),
            publish_ahead: Duration::from_hours(24),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info,actix_server=warn".to_owned(), format: LogFormat::Json }
    }
}

impl Database {
    pub(super) fn check(&self, faults: &mut Faults) {
        if let DatabaseUrl::Postgres(url) = &self.url
            && let Err(error) = PgSettings::check_url(url.reveal())
        {
            faults.add("database.url", problem(&error));
        }
        if let DatabaseUrl::Postgres(url) = &self.url
            && let Some(key) = PgSettings::key_file(url.reveal())
            && let Err(problem) = secret_file::check(&key)
        {
            faults.add("database.url", format!("names an sslkey that {problem}"));
        }
        faults.unless((1..=1000).contains(&self.pool_size), "database.pool_size", "must be 1 to 1000");
    }
}

/// What is wrong with a database, and how it becomes right.
fn problem(error: &PgSettingsError) -> String {
    match error {
        PgSettingsError::Plain => {
            "must have sslmode=verify-full (or require) unless the host is loopback or a socket".to_owned()
        }
        PgSettingsError::Url => format!("must be {}", DatabaseUrl::FORM),
        PgSettingsError::NoHost
        | PgSettingsError::Reserved
        | PgSettingsError::Parameter { .. }
        | PgSettingsError::Certificates(_)
        | PgSettingsError::Pool => format!("cannot be used: {error}"),
    }
}

impl Keys {
    pub(super) fn check(&self, faults: &mut Faults) {
        let check = |root: &Option<RootSecret>| root.as_ref().and_then(|root| root.root_check(&[0; 32]));
        let is_another =
            self.former_root_secret.is_none() || check(&self.former_root_secret) != check(&self.root_secret);
        faults.unless(is_another, "keys.former_root_secret", "must be another one than keys.root_secret");
        let is_short = self.publish_ahead < self.rotate_every;
        faults.unless(is_short, "keys.publish_ahead", "must be shorter than keys.rotate_every");
        let is_seen = self.publish_ahead >= 2 * self.reload_every;
        faults.unless(
            is_seen,
            "keys.publish_ahead",
            "must be at least twice keys.reload_every, so that every node knows a key before it is used",
        );
        let is_bounded = self.rotate_every <= Duration::from_hours(365 * 24);
        faults.unless(is_bounded, "keys.rotate_every", "must be at most 365d");
        let is_bounded = (1..=300).contains(&self.reload_every.as_secs());
        faults.unless(is_bounded, "keys.reload_every", "must be 1s to 5m");
    }
}

impl Log {
    /// Which events are told.
    pub(crate) fn filter(&self) -> Result<EnvFilter, String> {
        log_level::filter(&self.level)
    }

    pub(super) fn check(&self, faults: &mut Faults) {
        if let Err(problem) = self.filter() {
            faults.add("log.level", problem);
        }
    }
}

impl Text for DatabaseUrl {
    const FORM: &'static str = "postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full or sqlite://PATH";

    fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            let is_file = !path.is_empty() && !path.contains(['?', '#', '\0']) && !path.ends_with('/');
            return is_file.then(|| Self::Sqlite(PathBuf::from(path)));
        }
        let is_ours = text.starts_with("postgres://") || text.starts_with("postgresql://");
        is_ours.then(|| Self::Postgres(Secret::new(text.to_owned())))
    }

    fn show(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => shown(url.reveal()),
        }
    }
}

/// A libpq URL, which may have several hosts, with whatever may be a password hidden.
fn shown(url: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let base = match base.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?))) {
        Some((scheme, (user, rest))) => match user.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:redacted@{rest}"),
            None => format!("{scheme}://{user}@{rest}"),
        },
        None => base.to_owned(),
    };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.contains("pass") => format!("{name}=redacted"),
        Some(_) | None => pair.to_owned(),
    };
    let query = query.map(|query| query.split('&').map(pair).collect::<Vec<_>>().join("&"));
    query.map_or(base.clone(), |query| format!("{base}?{query}"))
}

/// The URL with whatever may be a password hidden.
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
