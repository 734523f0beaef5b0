use std::{fmt, path::PathBuf};

use crate::connection::{self, Connector, Limits};

/// The settings of the database: its address, the pool, time-outs.
#[derive(Clone, PartialEq, Eq)]
pub struct PgSettings {
    /// A `postgres://` URL, with the parameters of libpq.
    ///
    /// `sslmode` may be `require`, `verify-ca` or `verify-full`, which all check the server's
    /// certificate and name; anything less, or none, is for loopback and sockets only.
    /// `sslrootcert` names a PEM file that is trusted beside the system's certificates, `sslcert`
    /// and `sslkey` those of our own certificate.
    /// A server that takes writes is looked for, unless `target_session_attrs` is `any`.
    pub url: String,
    /// The most connections that are open at once, at least one.
    pub pool_size: usize,
    /// The pooler between the service and the server, if there is one.
    pub pooling: Pooling,
}

/// Whose the session behind a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Ours for as long as the connection is open: nothing stands between, or a pooler in session mode.
    Session,
    /// A pooler's, which gives each transaction one (PgBouncer's `pool_mode = transaction`).
    ///
    /// Nothing is kept in the session then: statements have no names, and what limits them is set
    /// in each transaction.
    Transaction,
}

/// Why a database cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum PgSettingsError {
    /// It is no URL of a PostgreSQL database.
    #[error("the database URL must be like postgres://user@host/name")]
    Url,
    /// It names no server, or an empty one among several.
    #[error("the database URL names no host; that of a socket is its folder, as in ?host=/var/run/postgresql")]
    NoHost,
    /// Characters that separate the parts of a URL stand in one of them.
    #[error(
        "the database URL has a raw `/`, `?`, `#`, `@` or `%` in the user or password; \
         percent-encode it: %2F, %3F, %23, %40, %25"
    )]
    Reserved,
    /// A parameter is unknown or cannot be like that.
    #[error("{} in the database URL {problem}", shown(.name))]
    Parameter {
        /// Its name.
        name: String,
        /// The problem.
        problem: &'static str,
    },
    /// TLS is switched off for a server that is not on this machine.
    #[error("the database must use TLS (sslmode=verify-full) unless it is on loopback or a socket")]
    Plain,
    /// The trusted certificates cannot be read.
    #[error("the certificates the database is checked by cannot be read")]
    Certificates(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The pool has no room or no runtime.
    #[error("the database's pool must have room for a connection, and a runtime")]
    Pool,
}

impl PgSettingsError {
    pub(crate) fn parameter(name: &str, problem: &'static str) -> Self {
        Self::Parameter { name: name.to_owned(), problem }
    }
}

/// The name, unless it may be a part of a password that was not escaped.
fn shown(name: &str) -> String {
    let is_name = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_name { format!("`{name}`") } else { "a parameter".to_owned() }
}

impl PgSettings {
    /// A database without a pooler before it.
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), pool_size: 16, pooling: Pooling::Session }
    }

    /// Whether such a database may be used; reads the certificates it is checked by and connects to nothing.
    pub fn check_url(url: &str) -> Result<(), PgSettingsError> {
        Connector::new(url, Pooling::Session, Limits::Request).map(drop)
    }

    /// The file of the private key that the URL names.
    pub fn key_file(url: &str) -> Option<PathBuf> {
        connection::key_file(url)
    }
}

impl fmt::Debug for PgSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgSettings")
            .field("url", &"[redacted]")
            .field("pool_size", &self.pool_size)
            .field("pooling", &self.pooling)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::PgSettings;

    #[test]
    fn debug_shows_no_password() {
        let settings = PgSettings::new("postgres://ada:secret@localhost/doorward");

        let shown = r#"PgSettings { url: "[redacted]", pool_size: 16, pooling: Session }"#;
        assert_eq!(format!("{settings:?}"), shown);
    }
}
