//! The service's log, one line per event, on standard output, and its traces.

mod line;
mod output;
mod traces;

use std::io;

use anyhow::Context;
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    fmt::{self, format::FmtSpan, writer::MakeWriterExt as _},
    layer::SubscriberExt as _,
    registry,
    registry::LookupSpan,
};

pub(crate) use output::describe_losses;
pub(crate) use traces::{Parent, adopt_parent, describe_traces};

use self::{
    line::OneLine,
    output::{OpenLog, Output},
    traces::Traces,
};
use crate::settings::{Log, LogFormat, Settings};

/// The log and the traces of this process; what was told is written before this value is gone.
#[must_use = "the last lines are lost without it"]
pub struct OpenTelemetry {
    // What becomes of the last traces is told in the log.
    _traces: Option<Traces>,
    _log: OpenLog,
}

/// Writes all events of this process from now on and sends its spans, for as long as what is returned is held.
///
/// Must not be called on an asynchronous runtime.
pub fn open(settings: &Settings) -> anyhow::Result<OpenTelemetry> {
    let log = &settings.log;
    let (output, opened) = Output::start(io::stdout())?;
    let filter = log.filter().map_err(anyhow::Error::msg).context("log.level")?;
    let has_spans = filter.max_level_hint().is_none_or(|level| level >= LevelFilter::DEBUG);
    let traces = Traces::start(settings).context("telemetry.otlp_endpoint")?;
    let set = match &traces {
        None => tracing::subscriber::set_global_default(registry().with(filter).with(lines(log, output, has_spans))),
        // Spans are made at a finer level than the log's, so each has a filter of its own.
        Some(traces) => tracing::subscriber::set_global_default(
            registry().with(traces.layer()).with(lines(log, output, has_spans).with_filter(filter)),
        ),
    };
    set.context("the log is open already")?;
    if traces.is_some() {
        // The log tells of it when the collector does not take it.
        tracing::info_span!("telemetry.start").in_scope(|| ());
    }
    Ok(OpenTelemetry { _traces: traces, _log: opened })
}

fn lines<S>(log: &Log, output: Output, has_spans: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let layer = fmt::layer()
        .with_ansi(false)
        .with_span_events(if has_spans { FmtSpan::CLOSE } else { FmtSpan::NONE })
        .with_writer((move || OneLine(output.clone())).with_filter(is_line));
    match log.format {
        // Without `debug` the innermost span is the request, and says all that the list would.
        LogFormat::Json => layer.json().flatten_event(true).with_span_list(has_spans).boxed(),
        LogFormat::Text => layer.boxed(),
    }
}

/// Returns whether this has a line: every event, and the end of a use case or of a step of the store.
///
/// A request has its line already when its span ends.
fn is_line(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() || *metadata.level() >= Level::DEBUG
}
