use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::{log_level, setting_errors::SettingErrors};

/// `log`: the log that the service writes to standard output.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The filter: a level, or directives as in `info,doorward_http=debug`.
    pub level: String,
    /// The format of a line.
    pub format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Plain text.
    Text,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info,actix_server=warn".to_owned(), format: LogFormat::Json }
    }
}

impl Log {
    /// The filter of the log level, parsed.
    pub(crate) fn filter(&self) -> Result<EnvFilter, String> {
        log_level::filter(&self.level)
    }

    pub(super) fn check(&self, faults: &mut SettingErrors) {
        if let Err(problem) = self.filter() {
            faults.add("log.level", problem);
        }
    }
}
