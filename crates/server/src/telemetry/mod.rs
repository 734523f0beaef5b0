//! The service's log: one line per event, on standard output.

mod line;
mod output;

use std::io;

use anyhow::Context;

pub use output::OpenLog;
pub(crate) use output::describe_losses;

use self::{line::OneLine, output::Output};
use crate::settings::{Log, LogFormat};

/// Lets all events of this process be told, from now on and for as long as the log is held.
pub fn open(log: &Log) -> anyhow::Result<OpenLog> {
    let (output, opened) = Output::start(io::stdout())?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(log.filter().map_err(anyhow::Error::msg).context("log.level")?)
        .with_ansi(false)
        .with_writer(move || OneLine(output.clone()));
    let set = match log.format {
        LogFormat::Json => tracing::subscriber::set_global_default(
            subscriber.json().flatten_event(true).with_span_list(false).finish(),
        ),
        LogFormat::Text => tracing::subscriber::set_global_default(subscriber.finish()),
    };
    set.context("the log is open already")?;
    Ok(opened)
}
