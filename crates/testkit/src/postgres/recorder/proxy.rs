use std::{io, net::SocketAddr, path::Path, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite, BufReader, split},
    net::{TcpListener, TcpStream, UnixStream},
    task::{AbortHandle, JoinSet},
};
use tokio_postgres::{Config, config::Host};

use super::{
    journal::{Connection, Journal, Recorded},
    wire::Frame,
};
use crate::postgres::TestDatabase;

/// A proxy before the server of a database that records every statement which goes through it.
///
/// A statement is recorded before the server gets it. Statements that are sent without a
/// transaction around them are one each, unless they are sent in one pipeline.
#[derive(Debug)]
pub struct Recorder {
    url: String,
    journal: Journal,
    server: AbortHandle,
}

impl Recorder {
    /// Starts a proxy on a free port of 127.0.0.1.
    pub async fn start(database: &TestDatabase) -> Self {
        let config: Config = database.url().parse().expect("the URL of a test database is one");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let journal = Journal::default();
        let url = url(&config, address);
        let server = tokio::spawn(serve(listener, Arc::new(config), journal.clone())).abort_handle();
        Self { url, journal, server }
    }

    /// The URL of the database through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A mark in what is recorded: its end now.
    pub fn mark(&self) -> usize {
        self.journal.len()
    }

    /// Waits until so many statements since that mark are as asked for.
    pub async fn wait_for(&self, mark: usize, is_it: impl Fn(&Recorded) -> bool, count: usize) {
        self.journal.wait_until(|| self.since(mark).iter().filter(|statement| is_it(statement)).count() >= count).await;
    }

    /// Returns what was recorded since that mark, in its order.
    pub fn since(&self, mark: usize) -> Vec<Recorded> {
        self.journal.since(mark)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn url(config: &Config, address: SocketAddr) -> String {
    let user = config.get_user().unwrap_or("postgres");
    let password = config.get_password().map(|password| format!(":{}", String::from_utf8_lossy(password)));
    let database = config.get_dbname().unwrap_or("postgres");
    format!("postgres://{user}{}@{address}/{database}", password.unwrap_or_default())
}

async fn serve(listener: TcpListener, config: Arc<Config>, journal: Journal) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (config, journal) = (config.clone(), journal.clone());
        connections.spawn(async move {
            // Whoever is hung up on notices by itself.
            let _ = connect(client, &config, &journal).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(client: TcpStream, config: &Config, journal: &Journal) -> io::Result<()> {
    client.set_nodelay(true)?;
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(Host::Unix(folder)) => {
            relay(client, UnixStream::connect(socket(folder, port)).await?, journal.connection()).await
        }
        Some(Host::Tcp(name)) => {
            let server = TcpStream::connect((name.as_str(), port)).await?;
            server.set_nodelay(true)?;
            relay(client, server, journal.connection()).await
        }
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

fn socket(folder: &Path, port: u16) -> std::path::PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}

/// Until one side hangs up.
async fn relay(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Send,
    connection: Connection,
) -> io::Result<()> {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = split(server);
    tokio::select! {
        ended = ask(BufReader::new(from_client), to_server, &connection) => ended,
        ended = answer(BufReader::new(from_server), to_client, &connection) => ended,
    }
}

async fn ask(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    connection: &Connection,
) -> io::Result<()> {
    Frame::read_startup(&mut from).await?.write(&mut to).await?;
    while let Some(frame) = Frame::read(&mut from).await? {
        let mut texts = frame.texts();
        match frame.kind() {
            Some(b'P') => connection.prepared(texts.next().unwrap_or_default(), texts.next().unwrap_or_default()),
            Some(b'B') => connection.bound(&texts.nth(1).unwrap_or_default()),
            Some(b'E') => connection.executed(),
            Some(b'Q') => connection.record(texts.next().unwrap_or_default()),
            _ => {}
        }
        frame.write(&mut to).await?;
    }
    Ok(())
}

async fn answer(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    connection: &Connection,
) -> io::Result<()> {
    while let Some(frame) = Frame::read(&mut from).await? {
        if (frame.kind(), frame.first()) == (Some(b'Z'), Some(b'I')) {
            connection.idle();
        }
        frame.write(&mut to).await?;
    }
    Ok(())
}
