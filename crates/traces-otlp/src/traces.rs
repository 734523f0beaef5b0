use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};
use reqwest::redirect::Policy;
use tracing::{Level, Subscriber};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};
use url::Url;

use crate::{
    conventions::Conventions,
    counted::{CountedExporter, CountedProcessor, WAITING},
};

/// The longest time that a collector may take to answer, and the last spans to be sent.
const PATIENCE: Duration = Duration::from_secs(3);
/// The time that spans wait for others to be sent with.
const TOGETHER: Duration = Duration::from_secs(1);

/// Where traces go.
#[derive(Clone, Debug)]
pub struct TracesSettings {
    /// The URL of the collector without the path of a signal, as in `http://localhost:4318`.
    pub endpoint: Url,
    /// Of a hundred traces that begin here so many are sent; those that a proxy has begun, as it decides.
    pub sample_percent: u8,
    /// The address by which callers know the service.
    pub public_url: Url,
    /// The version of the service.
    pub version: &'static str,
}

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// There is no client of HTTP.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
    /// The endpoint cannot be used.
    #[error("traces cannot be exported")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
}

/// The traces of this process; those that wait are sent before this value is gone.
#[must_use = "nothing is sent without it"]
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts the thread that sends; must not be called on an asynchronous runtime.
    pub fn start(settings: &TracesSettings) -> Result<Self, TracesError> {
        // A redirect could take the spans to whoever is named by it.
        let client = reqwest::blocking::Client::builder().timeout(PATIENCE).redirect(Policy::none());
        let client = client.build().map_err(TracesError::Client)?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", settings.endpoint.as_str().trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .map_err(TracesError::Exporter)?;
        let waiting = Arc::default();
        let exporter = CountedExporter { exporter, waiting: Arc::clone(&waiting), is_failing: AtomicBool::default() };
        let batches = BatchConfigBuilder::default().with_max_queue_size(WAITING).with_scheduled_delay(TOGETHER).build();
        let processor = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let conventions = Conventions::new(&settings.public_url);
        let sampled = Sampler::TraceIdRatioBased(f64::from(settings.sample_percent) / 100.0);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(CountedProcessor { processor, conventions, waiting })
            .with_sampler(Sampler::ParentBased(Box::new(sampled)))
            .with_resource(
                Resource::builder()
                    .with_service_name("doorward")
                    .with_attribute(opentelemetry::KeyValue::new("service.version", settings.version))
                    .build(),
            );
        Ok(Self(provider.build()))
    }

    /// What makes spans of the service into those of traces: requests, use cases and steps of a store.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let ours = Targets::new().with_target("doorward", Level::DEBUG);
        let layer = tracing_opentelemetry::layer().with_location(false).with_threads(false);
        layer.with_tracked_inactivity(false).with_tracer(self.0.tracer("doorward")).with_filter(ours)
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What is not taken in time is lost, and was told of.
        let _ = self.0.shutdown_with_timeout(PATIENCE);
    }
}
