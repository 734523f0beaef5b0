use std::{
    future::Future,
    sync::{OnceLock, mpsc},
};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Error, NoTls};

/// A runtime apart: the tests' own may be single-threaded and gone before a database is dropped.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime must start")
    })
}

/// Runs work on the runtime apart and blocks this thread until it is done.
pub(super) fn block_on<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    runtime().spawn(async move {
        let _ = done.send(work.await);
    });
    result.recv().expect("the work on the database failed")
}

/// Runs blocking work on a thread where `tokio::runtime::Handle::current().block_on` is allowed.
pub(super) fn block_on_thread(work: impl FnOnce() + Send + 'static) {
    let (done, result) = mpsc::channel();
    runtime().spawn_blocking(move || {
        work();
        let _ = done.send(());
    });
    result.recv().expect("the work on the database failed");
}

/// Connects and lets the runtime apart drive the connection.
pub(super) async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Runs statements on a connection of their own.
pub(super) fn execute(url: &str, sql: String) -> Result<(), Error> {
    let url = url.to_owned();
    block_on(async move { connect(&url).await?.batch_execute(&sql).await })
}
