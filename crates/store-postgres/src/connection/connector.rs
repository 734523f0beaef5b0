use std::{error::Error, fmt::Write};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use tokio_postgres::{Config, NoTls, Socket, tls::MakeTlsConnect, tls::TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    address::{Address, Tls},
    tls,
};
use crate::PgSettingsError;

/// What a statement may take, as settings of its session.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limits {
    /// For requests: nobody waits longer for an answer.
    ///
    /// The server looks for deadlocks after a second, and a lock must be waited for a little
    /// longer than that, or its victim would never be told from a slow one.
    Request,
    /// For migrations: they take what they take, but never keep others waiting for long.
    Migration,
}

impl Limits {
    const fn options(self) -> &'static str {
        match self {
            Self::Request => {
                "-c statement_timeout=3s -c lock_timeout=1500ms -c idle_in_transaction_session_timeout=10s"
            }
            Self::Migration => "-c statement_timeout=0 -c lock_timeout=0",
        }
    }
}

/// Makes connections to one server.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    /// Reads the URL and the certificates; connects to nothing yet.
    pub(crate) fn new(url: &str, limits: Limits) -> Result<Self, PgSettingsError> {
        let Address { mut config, tls } = Address::parse(url)?;
        // What the URL sets itself comes last and wins.
        let options = format!("{} {}", limits.options(), config.get_options().unwrap_or_default());
        config.options(options.trim_end());
        if config.get_application_name().is_none() {
            config.application_name("doorward");
        }
        let tls = match tls {
            Tls::Off => None,
            Tls::On { root } => Some(tls::connector(root.as_ref())?),
        };
        Ok(Self { config, tls })
    }

    /// Opens a connection, driven by the runtime that this is called on.
    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        match &self.tls {
            None => self.open(NoTls).await,
            Some(tls) => self.open(tls.clone()).await,
        }
    }

    async fn open<T>(&self, tls: T) -> ConnectionResult<AsyncPgConnection>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let opened = self.config.connect(tls).await;
        let (client, connection) = opened.map_err(|error| ConnectionError::BadConnection(whole(&error)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// An error with all its reasons: the driver's own words say as little as "error performing TLS handshake".
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        let _ = write!(text, ": {reason}");
        source = reason.source();
    }
    text
}
