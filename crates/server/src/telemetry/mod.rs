//! The service's log: one line per event, on standard output.

mod line;
mod output;

use std::io;

use anyhow::Context;
use tracing::{Level, Metadata, level_filters::LevelFilter};
use tracing_subscriber::fmt::{format::FmtSpan, writer::MakeWriterExt as _};

pub use output::OpenLog;
pub(crate) use output::describe_losses;

use self::{line::OneLine, output::Output};
use crate::settings::{Log, LogFormat};

/// Writes all events of this process from now on, for as long as the log is held.
pub fn open(log: &Log) -> anyhow::Result<OpenLog> {
    let (output, opened) = Output::start(io::stdout())?;
    let filter = log.filter().map_err(anyhow::Error::msg).context("log.level")?;
    let has_spans = filter.max_level_hint().is_none_or(|level| level >= LevelFilter::DEBUG);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_span_events(if has_spans { FmtSpan::CLOSE } else { FmtSpan::NONE })
        .with_writer((move || OneLine(output.clone())).with_filter(is_line));
    let set = match log.format {
        // Without `debug` the innermost span is the request, and says all that the list would.
        LogFormat::Json => tracing::subscriber::set_global_default(
            subscriber.json().flatten_event(true).with_span_list(has_spans).finish(),
        ),
        LogFormat::Text => tracing::subscriber::set_global_default(subscriber.finish()),
    };
    set.context("the log is open already")?;
    Ok(opened)
}

/// Returns whether this has a line: every event, and the end of a use case or of a step of the store.
///
/// A request has its line already when its span ends.
fn is_line(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() || *metadata.level() >= Level::DEBUG
}
