use serde::{Deserialize, Serialize};
use url::Url;

use super::{setting_errors::SettingErrors, text, url::is_safe};

/// `telemetry`: where traces are sent.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// The collector that takes traces by OTLP over HTTP, without the path of a signal; without it, there are none.
    #[serde(with = "text::option")]
    pub otlp_endpoint: Option<Url>,
    /// Of a hundred traces that begin here so many are sent.
    pub sample_percent: u8,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_percent: 100 }
    }
}

impl Telemetry {
    pub(super) fn check(&self, faults: &mut SettingErrors) {
        if let Some(endpoint) = &self.otlp_endpoint {
            let is_bare = endpoint.query().is_none() && endpoint.fragment().is_none();
            let problem = "must be https unless the host is loopback, without query";
            faults.unless(is_safe(endpoint) && is_bare, "telemetry.otlp_endpoint", problem);
            let problem = "cannot be used: this program was built without the feature `otlp`";
            faults.unless(cfg!(feature = "otlp"), "telemetry.otlp_endpoint", problem);
        }
        faults.unless(self.sample_percent <= 100, "telemetry.sample_percent", "must be 0 to 100");
    }
}
