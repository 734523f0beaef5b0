use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::DEFAULT_MECHANISMS,
    client::{AsyncSmtpConnection, TlsParameters},
    extension::ClientId,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    SmtpError, Stage,
    server::{Security, Server},
};

/// Connections at a time: many servers refuse clients that hold more.
const MAX: usize = 16;
/// Connections that are kept for the next mail.
const IDLE_MAX: usize = 4;

/// Open connections to the server.
///
/// lettre's own pool takes a connection back even when the future that used it was dropped in
/// the middle of a conversation; the next mail would then read the replies to the last one and
/// could count as sent when it was not. Here a connection comes back only after a whole mail.
pub(crate) struct Connections {
    server: Server,
    encryption: Encryption,
    hello: ClientId,
    connect_timeout: Duration,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
    slots: Semaphore,
}

/// The [`Security`] of the server, with what TLS needs.
enum Encryption {
    Plain,
    StartTls(TlsParameters),
    Implicit(TlsParameters),
}

impl Encryption {
    /// Reads the certificates of the system where there is TLS, which takes some 10 ms.
    fn new(server: &Server) -> Result<Self, Error> {
        let tls = || TlsParameters::new(server.host.clone());
        Ok(match server.security {
            Security::Plain => Self::Plain,
            Security::StartTls => Self::StartTls(tls()?),
            Security::Implicit => Self::Implicit(tls()?),
        })
    }
}

impl Connections {
    pub(crate) fn new(server: Server, hello: ClientId, connect_timeout: Duration) -> Result<Self, Error> {
        let encryption = Encryption::new(&server)?;
        let (idle, slots) = (Mutex::default(), Semaphore::new(MAX));
        Ok(Self { server, encryption, hello, connect_timeout, idle, slots })
    }

    /// Waits for the right to use a connection, which lasts until it is dropped.
    pub(crate) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.slots.acquire().await.ok()
    }

    /// A connection that is ready for a mail: a kept one that still answers, or a new one.
    pub(crate) async fn take(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        while let Some(mut connection) = self.kept() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.open().await.map_err(|error| SmtpError::at(Stage::Greeting, error))
    }

    /// Keeps a connection whose last mail was answered.
    pub(crate) fn put_back(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX && !connection.has_broken() {
            idle.push(connection);
        }
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, Error> {
        let Server { host, port, credentials, .. } = &self.server;
        let implicit = match &self.encryption {
            Encryption::Implicit(tls) => Some(tls.clone()),
            Encryption::Plain | Encryption::StartTls(_) => None,
        };
        let address = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.connect_timeout), &self.hello, implicit, None)
                .await?;
        if let Encryption::StartTls(tls) = &self.encryption {
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}
