//! Raw HTTP: the answers of the service to bytes of any kind.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::doorward::Doorward;

/// A connection that is open for longer will never be closed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Everything that comes back until the service closes the connection.
pub(crate) async fn exchange(node: &Doorward, request: &[u8]) -> String {
    exchange_at(node.url(), request).await
}

/// The same at any of its listeners.
pub(crate) async fn exchange_at(url: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // Whoever closes before it has read all resets the connection; what came before that counts.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {answer:?}"))
}

/// The value of a header of an answer.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}
