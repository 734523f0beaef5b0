//! Traces, where the program was built with them (the feature `otlp`).

#[cfg(feature = "otlp")]
pub(super) use with::Traces;
#[cfg(feature = "otlp")]
pub(crate) use with::{Parent, adopt_parent, describe_traces};
#[cfg(not(feature = "otlp"))]
pub(super) use without::Traces;
#[cfg(not(feature = "otlp"))]
pub(crate) use without::{Parent, adopt_parent, describe_traces};

#[cfg(feature = "otlp")]
mod with {
    use doorward_http::AdoptParent;
    use doorward_traces_otlp::TracesSettings;
    use tracing::Subscriber;
    use tracing_subscriber::{Layer, registry::LookupSpan};

    use crate::settings::{Settings, Telemetry};

    pub(crate) use doorward_traces_otlp::{Parent, describe_metrics as describe_traces};

    /// The traces of this process.
    pub(in crate::telemetry) struct Traces(doorward_traces_otlp::Traces);

    impl Traces {
        /// Starts to send where the settings name a collector.
        pub(in crate::telemetry) fn start(settings: &Settings) -> anyhow::Result<Option<Self>> {
            let telemetry = &settings.telemetry;
            let Some(endpoint) = telemetry.otlp_endpoint.clone() else { return Ok(None) };
            let settings = TracesSettings {
                endpoint,
                sample_percent: telemetry.sample_percent,
                public_url: settings.http.public_url.clone(),
                version: env!("CARGO_PKG_VERSION"),
            };
            Ok(Some(Self(doorward_traces_otlp::Traces::start(&settings)?)))
        }

        pub(in crate::telemetry) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
        where
            S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
        {
            self.0.layer()
        }
    }

    /// What keeps the parents of callers, where traces are sent.
    pub(crate) fn adopt_parent(telemetry: &Telemetry) -> Option<AdoptParent> {
        telemetry.otlp_endpoint.is_some().then_some(doorward_traces_otlp::adopt as AdoptParent)
    }
}

#[cfg(not(feature = "otlp"))]
mod without {
    use doorward_http::AdoptParent;
    use tracing::Span;
    use tracing_subscriber::layer::Identity;

    use crate::settings::{Settings, Telemetry};

    #[derive(Debug)]
    pub(crate) enum Parent {}

    impl Parent {
        pub(crate) const fn current() -> Option<Self> {
            None
        }

        pub(crate) const fn adopt(self, _: &Span) {
            match self {}
        }
    }

    pub(in crate::telemetry) enum Traces {}

    impl Traces {
        #[allow(clippy::unnecessary_wraps, reason = "as with the feature")]
        pub(in crate::telemetry) const fn start(_: &Settings) -> anyhow::Result<Option<Self>> {
            Ok(None)
        }

        pub(in crate::telemetry) const fn layer(&self) -> Identity {
            match *self {}
        }
    }

    pub(crate) const fn adopt_parent(_: &Telemetry) -> Option<AdoptParent> {
        None
    }

    pub(crate) const fn describe_traces() {}
}
