//! A way to a PostgreSQL database that can be closed, as a cable is pulled.

use std::net::SocketAddr;

use doorward_testkit::postgres::TestDatabase;
use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::AbortHandle,
};
use url::Url;

/// Everything between the service and its database; it closes for good with this value.
pub(crate) struct TcpProxy {
    address: SocketAddr,
    database: Url,
    is_open: watch::Sender<bool>,
    accepting: AbortHandle,
}

impl TcpProxy {
    pub(crate) async fn to(database: &TestDatabase) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = Url::parse(database.url()).unwrap();
        let (is_open, closed) = watch::channel(true);
        let accepting = tokio::spawn(accept(listener, database.clone(), closed)).abort_handle();
        Self { address, database, is_open, accepting }
    }

    /// Returns the URL at which the service finds the database.
    pub(crate) fn url(&self) -> String {
        let user = parameter(&self.database, "user").unwrap_or_else(|| self.database.username().to_owned());
        let password = self.database.password().map(|password| format!(":{password}")).unwrap_or_default();
        format!("postgres://{user}{password}@{}{}", self.address, self.database.path())
    }

    /// Ends every connection, and takes no more.
    pub(crate) fn close(&self) {
        self.is_open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.is_open.send_replace(true);
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, database: Url, is_open: watch::Receiver<bool>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        if *is_open.borrow() {
            tokio::spawn(connect(client, database.clone(), is_open.clone()));
        }
    }
}

async fn connect(client: TcpStream, database: Url, is_open: watch::Receiver<bool>) {
    let port = database.port().unwrap_or(5432);
    if let Some(folder) = parameter(&database, "host").filter(|host| host.starts_with('/')) {
        let server = UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).await.unwrap();
        carry(client, server, is_open).await;
    } else {
        let server = TcpStream::connect((database.host_str().unwrap(), port)).await.unwrap();
        carry(client, server, is_open).await;
    }
}

async fn carry(
    mut client: TcpStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    mut is_open: watch::Receiver<bool>,
) {
    tokio::select! {
        // Either side may end it at any time.
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_open.wait_for(|is_open| !is_open) => {}
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}
