use std::io::{self, Write};

use anyhow::{Context, bail};
use clap::Subcommand;
use doorward_http::dev::CapturedMessage;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::runtime;
use crate::settings::Settings;

/// The subcommands of `doorward inbox`.
#[derive(Clone, Debug, Subcommand)]
pub enum InboxAction {
    /// Show each message that `doorward dev` captures, as it comes.
    Tail {
        /// The port it listens on, where the settings have another.
        #[arg(long)]
        port: Option<u16>,
    },
}

/// Follows the inbox of a `doorward dev` on this machine until that ends.
pub fn inbox(settings: &Settings, action: &InboxAction, as_json: bool) -> anyhow::Result<()> {
    let InboxAction::Tail { port } = action;
    let port = port.unwrap_or(settings.http.listen.port());
    runtime()?.block_on(tail(port, &settings.http.base_path, as_json))
}

async fn tail(port: u16, base_path: &str, as_json: bool) -> anyhow::Result<()> {
    let nobody = || format!("no `doorward dev` answers on port {port}");
    let mut stream = TcpStream::connect(("localhost", port)).await.with_context(nobody)?;
    // By HTTP/1.0 the events come as they are, without chunks around them.
    let request = format!("GET {base_path}/dev/inbox/events HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut lines = BufReader::new(stream).lines();
    let status = lines.next_line().await?.unwrap_or_default();
    if !status.contains(" 200 ") {
        bail!("port {port} has no inbox; only `doorward dev` has one");
    }
    writeln!(io::stderr(), "following http://localhost:{port}{base_path}/dev/inbox")?;
    while let Some(line) = lines.next_line().await? {
        if let Some(message) = line.strip_prefix("data: ") {
            show(message, as_json)?;
        }
    }
    Ok(())
}

fn show(message: &str, as_json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{message}")?;
    } else {
        let CapturedMessage { channel, to, subject, body, code, at, .. } = serde_json::from_str(message)?;
        let code = code.map(|code| format!("  {code}")).unwrap_or_default();
        let text = subject.unwrap_or(body);
        writeln!(out, "{at}  {channel}  {to}{code}\n  {}", text.replace('\n', "\n  "))?;
    }
    Ok(out.flush()?)
}
