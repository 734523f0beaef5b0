use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use metrics::{Unit, counter, describe_counter};
use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter, SpanProcessor},
};

use crate::conventions::Conventions;

const SPANS: &str = "doorward_trace_spans_total";

/// The most spans that wait to be sent.
pub(crate) const WAITING: usize = 8192;

/// Describes the metric of this crate.
pub fn describe_metrics() {
    describe_counter!(SPANS, Unit::Count, "Spans of traces, by what became of them.");
}

/// The spans that wait.
type Waiting = Arc<AtomicUsize>;

/// Sends what the collector takes, and counts what it took and what it did not.
#[derive(Debug)]
pub(crate) struct CountedExporter<E> {
    pub(crate) exporter: E,
    pub(crate) waiting: Waiting,
    /// Whether the last batch was not taken.
    pub(crate) is_failing: AtomicBool,
}

/// Takes as many spans as may wait, named as the conventions say, and counts those that it drops.
#[derive(Debug)]
pub(crate) struct CountedProcessor<P> {
    pub(crate) processor: P,
    pub(crate) conventions: Conventions,
    pub(crate) waiting: Waiting,
}

fn count(outcome: &'static str, spans: usize) {
    counter!(SPANS, "outcome" => outcome).increment(spans as u64);
}

impl<E: SpanExporter> SpanExporter for CountedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let exported = self.exporter.export(batch).await;
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        let is_failing = exported.is_err();
        count(if is_failing { "dropped" } else { "exported" }, spans);
        // Once for all batches until one is taken again.
        match (self.is_failing.swap(is_failing, Ordering::Relaxed), &exported) {
            (false, Err(error)) => {
                tracing::warn!(error = error as &dyn std::error::Error, "the collector takes no traces");
            }
            (true, Ok(())) => tracing::info!("the collector takes traces again"),
            (true, Err(_)) | (false, Ok(())) => {}
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<P: SpanProcessor> SpanProcessor for CountedProcessor<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < WAITING {
            self.conventions.apply(&mut span);
            self.processor.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            count("dropped", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}
