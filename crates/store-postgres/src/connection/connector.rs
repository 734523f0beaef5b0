use std::{error::Error, fmt::Write};

use diesel::{ConnectionError, ConnectionResult};
use tokio_postgres::{Config, NoTls, Socket, tls::MakeTlsConnect, tls::TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    Failovers, Limits, PgConnection,
    address::{Address, Tls},
    failover::Fitness,
    limits::Scope,
    tls,
};
use crate::{PgSettingsError, Pooling};

/// Makes connections to one server.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    pooling: Pooling,
    limits: Limits,
    failovers: Failovers,
}

impl Connector {
    /// Reads the URL and the certificates; connects to nothing yet.
    pub(crate) fn new(url: &str, pooling: Pooling, limits: Limits) -> Result<Self, PgSettingsError> {
        let Address { mut config, tls } = Address::parse(url)?;
        if config.get_application_name().is_none() {
            config.application_name("doorward");
        }
        let tls = match tls {
            Tls::Off => None,
            Tls::On(files) => Some(tls::connector(&files)?),
        };
        Ok(Self { config, tls, pooling, limits, failovers: Failovers::default() })
    }

    /// Returns the handle by which the connections that were made are given up.
    pub(crate) fn failovers(&self) -> Failovers {
        self.failovers.clone()
    }

    /// Opens a connection, driven by the runtime that this is called on.
    pub(crate) async fn connect(&self) -> ConnectionResult<PgConnection> {
        match &self.tls {
            None => self.open(NoTls).await,
            Some(tls) => self.open(tls.clone()).await,
        }
    }

    async fn open<T>(&self, tls: T) -> ConnectionResult<PgConnection>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let fitness = Fitness::new(self.failovers.clone());
        let (client, connection) = self.config.connect(tls).await.map_err(|error| refused(&error))?;
        check_encoding(connection.parameter("server_encoding"))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::info!(reason = whole(&error), "a connection to the database has ended");
            }
        });
        let options = self.config.get_options().unwrap_or_default();
        let begin = match self.pooling {
            // Set when the connection is open: poolers do not understand `options` of the start.
            Pooling::Session => {
                let limits = self.limits.sql(Scope::Session, options);
                client.batch_execute(&limits).await.map_err(|error| refused(&error))?;
                "BEGIN".to_owned()
            }
            Pooling::Transaction => format!("BEGIN; {}", self.limits.sql(Scope::Transaction, options)),
        };
        Ok(PgConnection::new(client, self.pooling, &begin, fitness))
    }
}

/// Names and addresses come from all over the world, and a database with another encoding has no room for them.
fn check_encoding(encoding: Option<&str>) -> ConnectionResult<()> {
    match encoding {
        None | Some("UTF8") => Ok(()),
        Some(other) => Err(ConnectionError::BadConnection(format!(
            "the database's encoding is {other} and must be UTF8: make it anew with \
             CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        ))),
    }
}

fn refused(error: &tokio_postgres::Error) -> ConnectionError {
    ConnectionError::BadConnection(whole(error))
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
