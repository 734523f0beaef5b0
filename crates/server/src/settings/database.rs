use std::path::PathBuf;

use doorward_kernel::Secret;
use doorward_store_postgres::{PgSettings, PgSettingsError};
use serde::{Deserialize, Serialize};

use super::{
    secret_file,
    setting_errors::SettingErrors,
    text::{self, Text},
};

/// `database`: the database of accounts and sessions.
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
    /// Whether to use named prepared statements; off behind a pooler in transaction mode.
    pub prepared_statements: bool,
}

/// The database and its credentials.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A PostgreSQL server, by its `postgres://` URL.
    Postgres(Secret<String>),
    /// A SQLite file.
    Sqlite(PathBuf),
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

impl Database {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
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

/// The message for a database URL that is refused: what it must be.
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

/// A libpq URL, possibly with several hosts, with its passwords redacted.
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
